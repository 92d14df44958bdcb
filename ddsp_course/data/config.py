"""How sound is cut into samples and frames: the one setting that everything else is derived from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from numbers import Integral
from typing import Any

from ddsp_course.data.errors import CourseError


@dataclass(frozen=True)
class AudioConfig:
    """The time grid of a recording: samples a second, and samples from one frame to the next.

    sample_rate in Hz, hop_size in samples. Frame i is the value at sample i * hop_size. Everything that depends on the
    rate (window lengths, FFT sizes, number of harmonics and bands) is derived from it, so that a model means the
    same at 16 and at 48 kHz. Raises ValueError for a rate or a hop that no sound can have.   Lesson 3.
    """

    sample_rate: int = 16_000
    hop_size: int = 64

    def __post_init__(self) -> None:
        for name in ("sample_rate", "hop_size"):
            value = getattr(self, name)
            if not is_whole(value):
                raise ValueError(f"{name} must be a whole number, not {value!r}.")
            object.__setattr__(self, name, int(value))
        if not 8_000 <= self.sample_rate <= 192_000:
            raise ValueError(f"sample_rate must lie between 8000 and 192000 Hz, not {self.sample_rate}.")
        if not 8 <= self.hop_size <= self.sample_rate // 20:
            raise ValueError(
                f"hop_size must lie between 8 samples and a twentieth of a second "
                f"({self.sample_rate // 20} samples), not {self.hop_size}."
            )

    @property
    def frame_rate(self) -> float:
        """Frames a second (250 at 16 kHz with a hop of 64)."""
        return self.sample_rate / self.hop_size

    def scaled(self, samples_at_16_khz: int) -> int:
        """A length given in samples at 16 kHz, at this rate: 512 is 1408 at 44.1 kHz (32 ms) and 1536 at 48 kHz.

        It moves in whole sixteenths of the 16 kHz length, which keeps FFT sizes free of large prime factors.
        """
        return max(1, samples_at_16_khz * round(self.sample_rate / 1000) // 16)

    @property
    def fft_sizes(self) -> tuple[int, ...]:
        """Window sizes of the multi-scale spectral loss, in samples: 2048 to 64 at 16 kHz, the same in ms elsewhere."""
        return tuple(self.scaled(size) for size in (2048, 1024, 512, 256, 128, 64))

    @property
    def loudness_window(self) -> int:
        """Window of the loudness measurement, in samples: 32 ms at every rate (512 at 16 kHz)."""
        return self.scaled(512)

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


def is_whole(value: Any) -> bool:
    """A whole number of Python's or NumPy's; True and False are none.   Lesson 3."""
    return isinstance(value, Integral) and not isinstance(value, bool)


PRESETS: dict[str, AudioConfig] = {
    "16k": AudioConfig(16_000, 64),
    "44k": AudioConfig(44_100, 176),
    "48k": AudioConfig(48_000, 192),
}


def config_for_rate(sample_rate: int) -> AudioConfig:
    """The preset of a sample rate in Hz; raises ValueError with the rates that have one.   Lesson 3."""
    for config in PRESETS.values():
        if config.sample_rate == sample_rate:
            return config
    rates = ", ".join(str(config.sample_rate) for config in PRESETS.values())
    raise ValueError(f"No preset for {sample_rate} Hz. Presets exist for {rates} Hz; or make an AudioConfig yourself.")


def checked_config(config: AudioConfig | None) -> AudioConfig:
    """The config that was given, or 16 kHz if none was; raises CourseError for anything else.   Lesson 3."""
    if config is not None and not isinstance(config, AudioConfig):
        raise CourseError(f"config is a data.AudioConfig, such as data.config_for_rate(44100), not {config!r}.")
    return config or AudioConfig()
