"""The model built from dsp: features in, controls, sound out."""
