"""What the notebooks need and the model does not."""
