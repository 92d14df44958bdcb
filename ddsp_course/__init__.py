"""The package that the course builds: differentiable DSP, from an oscillator to timbre transfer.

Its face is four imports:  from ddsp_course import dsp, data, instruments, autoencoder
"""

__version__ = "0.1.0"
