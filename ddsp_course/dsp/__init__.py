"""Signal processing that gradients flow through: functions of tensors, batch first, float32 in and out."""
