"""Signal processing that gradients flow through: functions of tensors, batch first, float32 in and out."""

from ddsp_course.dsp.constant_q import constant_q_magnitude
from ddsp_course.dsp.delays import fractional_delay, modulated_delay
from ddsp_course.dsp.envelopes import crossfade_weights, equal_power_crossfade, upsample
from ddsp_course.dsp.filters import (
    fast_fft_size,
    fft_convolve,
    fir_filter,
    frequency_impulse_response,
    sinc_high_pass,
    sinc_low_pass,
    time_varying_fir,
)
from ddsp_course.dsp.losses import FFT_SIZES, SpectralLoss
from ddsp_course.dsp.noise import filtered_noise, white_noise
from ddsp_course.dsp.oscillators import (
    harmonic_frequencies,
    harmonic_synthesis,
    normalize_harmonics,
    sinusoidal_synthesis,
)
from ddsp_course.dsp.partitioned import PartitionedConvolution
from ddsp_course.dsp.polyphony import polyphonic_synthesis, shared_partials
from ddsp_course.dsp.recursive import (
    biquad,
    biquad_cascade,
    frequency_response,
    frequency_sampled_filter,
    linear_prediction,
    recursive_filter,
    stable_biquad,
)
from ddsp_course.dsp.reverb import (
    ExponentialDecayReverb,
    FilteredNoiseReverb,
    Reverb,
    exponential_decay,
    reverberate,
)
from ddsp_course.dsp.scales import (
    amplitude_to_db,
    bark_to_hz,
    db_to_amplitude,
    db_to_power,
    erb_to_hz,
    exp_sigmoid,
    hz_to_bark,
    hz_to_erb,
    hz_to_mel,
    hz_to_midi,
    hz_to_unit,
    mel_to_hz,
    midi_to_hz,
    power_to_db,
    unit_to_hz,
)
from ddsp_course.dsp.separation import scale_invariant_sdr_db, separate, soft_masks
from ddsp_course.dsp.spectra import (
    a_weighting,
    between_harmonics,
    loudness_db,
    mel_spectrogram,
    mel_weights,
    mfcc,
    stft_magnitude,
    stft_power,
)
from ddsp_course.dsp.surrogate import damped_exponential, hz_to_pole, pole_to_hz
from ddsp_course.dsp.transport import spectral_transport_distance
from ddsp_course.dsp.wavetables import band_limit, wavetable_synthesis

__all__ = [
    "FFT_SIZES",
    "ExponentialDecayReverb",
    "FilteredNoiseReverb",
    "PartitionedConvolution",
    "Reverb",
    "SpectralLoss",
    "a_weighting",
    "amplitude_to_db",
    "band_limit",
    "between_harmonics",
    "bark_to_hz",
    "biquad",
    "biquad_cascade",
    "constant_q_magnitude",
    "crossfade_weights",
    "damped_exponential",
    "db_to_amplitude",
    "db_to_power",
    "equal_power_crossfade",
    "erb_to_hz",
    "exp_sigmoid",
    "exponential_decay",
    "fast_fft_size",
    "fft_convolve",
    "filtered_noise",
    "fir_filter",
    "fractional_delay",
    "frequency_impulse_response",
    "frequency_response",
    "frequency_sampled_filter",
    "harmonic_frequencies",
    "harmonic_synthesis",
    "hz_to_bark",
    "hz_to_erb",
    "hz_to_mel",
    "hz_to_midi",
    "hz_to_pole",
    "hz_to_unit",
    "linear_prediction",
    "loudness_db",
    "mel_spectrogram",
    "mel_to_hz",
    "mel_weights",
    "mfcc",
    "midi_to_hz",
    "modulated_delay",
    "normalize_harmonics",
    "pole_to_hz",
    "polyphonic_synthesis",
    "power_to_db",
    "recursive_filter",
    "reverberate",
    "scale_invariant_sdr_db",
    "separate",
    "shared_partials",
    "sinc_high_pass",
    "sinc_low_pass",
    "sinusoidal_synthesis",
    "spectral_transport_distance",
    "stable_biquad",
    "soft_masks",
    "stft_magnitude",
    "stft_power",
    "time_varying_fir",
    "unit_to_hz",
    "upsample",
    "wavetable_synthesis",
    "white_noise",
]
