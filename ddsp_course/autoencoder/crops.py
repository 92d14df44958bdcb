"""Short pieces of the recordings, drawn at random: what a batch is made of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ddsp_course.data import AudioConfig, CourseError, Features, Recording
from ddsp_course.data.features import check_features


class Crops:
    """Draws batches of crops from takes and their features; every crop is as likely as any other.

    recordings and features go together, one to one, on one time grid; crop_seconds is the whole crop, context and
    scored part; kind says in messages which recordings these are. Raises CourseError if they do not go together, or if
    no take is as long as a crop.   Lesson 11.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        features: Sequence[Features],
        *,
        crop_seconds: float,
        device: torch.device | str = "cpu",
        kind: str = "training",
    ) -> None:
        check_features(recordings, features)
        self.config: AudioConfig = recordings[0].config
        self.frames = max(1, round(crop_seconds * self.config.frame_rate))
        takes = [
            (recording.audio[0].to(device), each.to(device))
            for recording, each in zip(recordings, features, strict=True)
            if recording.frames >= self.frames
        ]
        if not takes:
            longest = max(recording.seconds for recording in recordings)
            raise CourseError(
                f"The longest {kind} recording has {longest:.1f} s, but one crop needs {crop_seconds:.1f} s: "
                "record longer takes, or set crop_seconds and context_seconds lower."
            )
        self.takes = takes
        starts = torch.tensor([audio.shape[0] // self.config.hop_size - self.frames + 1 for audio, _ in takes])
        self.last_starts = torch.cumsum(starts, 0)

    def draw(self, batch_size: int, generator: torch.Generator, share: slice = slice(None)) -> tuple[Tensor, Features]:
        """audio [batch, samples] and Features [batch, frames] of `batch_size` crops; the generator (CPU) decides.

        share: of these crops only some, where several processes draw the same batch.
        """
        places = torch.randint(int(self.last_starts[-1]), (batch_size,), generator=generator)
        return self.take(places[share])

    def spread(self, count: int) -> tuple[Tensor, Features]:
        """`count` crops spread evenly over all takes, always the same ones: for scoring held-out takes."""
        return self.take(torch.linspace(0, int(self.last_starts[-1]) - 1, count).long())

    def take(self, places: Tensor) -> tuple[Tensor, Features]:
        """The crops at given places [batch], each counting possible first frames over all takes."""
        hop = self.config.hop_size
        audio, pitch, confidence, loudness = [], [], [], []
        for place in places.tolist():
            index = int(torch.searchsorted(self.last_starts, place, right=True))
            start = place - (int(self.last_starts[index - 1]) if index else 0)
            sound, features = self.takes[index]
            frames = slice(start, start + self.frames)
            audio.append(sound[start * hop : (start + self.frames) * hop])
            pitch.append(features.f0_hz[0, frames])
            confidence.append(features.confidence[0, frames])
            loudness.append(features.loudness_db[0, frames])
        stacked = Features(torch.stack(pitch), torch.stack(confidence), torch.stack(loudness), self.config)
        return torch.stack(audio), stacked
