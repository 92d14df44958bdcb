"""One training run from the inside: draw a batch, play it, score it, step; watch, log and save."""

from __future__ import annotations

import io
import json
import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from ddsp_course import dsp
from ddsp_course.autoencoder.baselines import seeded
from ddsp_course.autoencoder.checkpoints import MODEL_FILE, save
from ddsp_course.autoencoder.crops import Crops
from ddsp_course.autoencoder.decoder import Controls
from ddsp_course.autoencoder.interrupts import interruptible
from ddsp_course.autoencoder.model import Autoencoder, training_statistics
from ddsp_course.autoencoder.processes import OneProcess
from ddsp_course.autoencoder.recipe import harmonic_share, learning_rate_factor, parameter_groups, quietness
from ddsp_course.autoencoder.run_folder import STATE_FILE, append_log, write_json
from ddsp_course.autoencoder.scores import plain
from ddsp_course.autoencoder.settings import Settings
from ddsp_course.autoencoder.synthesizer import Stems
from ddsp_course.data import CourseError, Features, Recording, write_atomically

TIMED_STEPS = 20
LOG_EVERY = 10
BAD_STEPS_IN_A_ROW = 20
# Until here the pull towards silence grows: a network that cannot play yet would give in to it.
QUIET_STEPS = 200
# Below this share of the energy the harmonics count as collapsed; real instruments lie above 0.5.
COLLAPSED_SHARE = 0.02


class TrainingWarning(UserWarning):
    """Training goes on, but what it learns will not sound as hoped.   Lesson 11."""


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training run is, for live plots: handed to the callback every tenth step.

    loss is the mean since the last call, held_out_loss the latest on held-out crops (None without any). The model is
    the one in training: what the callback does to its mode is undone after it.   Lesson 11.
    """

    step: int
    steps: int | None
    loss: float
    held_out_loss: float | None
    harmonic_share: float
    seconds: float
    model: Autoencoder


class Trainer:
    """A model, its optimizer and all that decides the next step; `train` drives it, lessons look inside.   Lesson
    11."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        features: Sequence[Features],
        chosen: Settings,
        *,
        seed: int,
        device: torch.device,
        held_out: Sequence[Recording] | None = None,
        held_features: Sequence[Features] | None = None,
        processes: OneProcess | None = None,
    ) -> None:
        self.settings, self.device = chosen, device
        self.processes = processes or OneProcess(device)
        config, audio = chosen.training, chosen.model.audio
        self.share = self.processes.share(config.batch_size)
        with seeded(seed):
            self.model = Autoencoder(chosen.model, training_statistics(features)).to(device).train()
        self.loss = dsp.SpectralLoss(
            fft_sizes=audio.fft_sizes,
            magnitude_weight=config.magnitude_weight,
            log_magnitude_weight=config.log_magnitude_weight,
            loudness_weight=config.loudness_weight,
            sample_rate=audio.sample_rate,
        ).to(device)
        crop_seconds = chosen.whole_crop_seconds
        self.context = round(config.context_seconds * audio.frame_rate) * audio.hop_size
        self.crops = Crops(recordings, features, crop_seconds=crop_seconds, device=device)
        self.held_crops = (
            Crops(held_out, held_features, crop_seconds=crop_seconds, device=device, kind="held-out").spread(16)
            if held_out and held_features
            else None
        )
        self.optimizer = torch.optim.Adam(parameter_groups(self.model, config))
        self.crop_generator = torch.Generator().manual_seed(seed)
        self.noise_generator = torch.Generator(device=device).manual_seed(seed)
        self.step, self.steps, self.seconds = 0, None, 0.0
        self.skipped = self.skipped_in_a_row = 0
        self.held_out_loss: float | None = None
        self.harmonic_share = 1.0
        self.warned = False

    def run(
        self,
        steps: int | None,
        minutes: float | None,
        folder: Path | None,
        callback: Callable[[TrainingProgress], None] | None = None,
        progress: bool = True,
    ) -> None:
        """Step until the last one; save now and then, at the end and at Ctrl-C."""
        self.steps = steps or self.steps
        if self.steps is None and minutes is None:
            raise CourseError("This run stopped before its number of steps was fixed: say steps or minutes again.")
        started = last_save = time.monotonic()
        before, losses, timed, stop = self.seconds, [], [], False
        with (
            interruptible() as interrupted,
            tqdm(
                total=self.steps,
                initial=self.step,
                desc="training",
                unit="step",
                disable=not (progress and self.processes.first),
            ) as bar,
        ):
            while self.steps is None or self.step < self.steps:
                step_started = time.monotonic()
                losses.append(self.training_step())
                self.step += 1
                self.seconds = before + time.monotonic() - started
                if self.steps is None:
                    timed.append(time.monotonic() - step_started)
                    if len(timed) == TIMED_STEPS:
                        fit = max(TIMED_STEPS, round(minutes * 60 / sorted(timed)[TIMED_STEPS // 2]))
                        self.steps = bar.total = self.processes.as_the_first_says(fit)
                bar.update()
                if self.step % self.settings.training.held_out_every == 0 or self.step == self.steps:
                    self.held_out_loss = self.score_held_out()
                if self.step % LOG_EVERY == 0 or self.step == self.steps:
                    loss = self._mean(losses)
                    losses.clear()
                    bar.set_postfix(loss=f"{loss:.2f}", refresh=False)
                    self._watch()
                    self._log(folder, loss)
                    if callback is not None and self.processes.first:
                        callback(self.snapshot(loss))
                        self.model.train()  # whoever looks may have played on it
                if stop := self.processes.any(interrupted()):
                    break
                if folder is not None and time.monotonic() - last_save > self.settings.training.checkpoint_seconds:
                    self.save(folder)
                    last_save = time.monotonic()
        if folder is not None:
            self.save(folder)
        if stop:
            how = f"resume=True and out={str(folder)!r} (on the command line: --resume --out {folder})"
            again = "" if folder is None else f"; it goes on from there with {how}"
            raise KeyboardInterrupt(f"Training was interrupted after step {self.step}{again}.")
        if folder is not None and self.processes.first:
            write_json(folder / "metrics.json", plain({"training": self._figures()}))

    def training_step(self) -> float:
        """Draw a batch, play it, score it, follow the gradient; returns the loss (NaN for a step that was skipped)."""
        config = self.settings.training
        audio, features = self.crops.draw(config.batch_size, self.crop_generator, self.share)
        self._set_learning_rates()
        noise = dsp.white_noise(config.batch_size, audio.shape[1], generator=self.noise_generator, device=self.device)[
            self.share
        ]
        controls, stems = self._play(audio, features, noise)
        spectral_loss = self.loss(stems.wet[:, self.context :], audio[:, self.context :])
        loss = spectral_loss + config.quiet_weight * min(1.0, self.step / QUIET_STEPS) * quietness(controls)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.processes.average_gradients(list(self.model.parameters()))
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm)
        heard = self.processes.mean(torch.stack([spectral_loss.detach(), loss.detach()]))
        if not bool(torch.isfinite(norm) & torch.isfinite(heard[1])):
            self._skip()
            return math.nan
        self.skipped_in_a_row = 0
        self.optimizer.step()
        if self.step % LOG_EVERY == 0:
            share = harmonic_share(stems, self.processes)
            self.harmonic_share = share if self.step == 0 else 0.5 * (self.harmonic_share + share)
        return float(heard[0])

    def _play(self, audio: Tensor, features: Features, noise: Tensor) -> tuple[Controls, Stems]:
        half = self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
            controls = self.model.decode(features, audio if self.model.encoder is not None else None)
        return controls, self.model.synthesize(controls, noise=noise)

    def _set_learning_rates(self) -> None:
        factor = learning_rate_factor(self.step, self.steps, self.settings.training.warmup_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = group["full_rate"] * factor

    def _skip(self) -> None:
        self.skipped += 1
        self.skipped_in_a_row += 1
        if self.skipped_in_a_row >= BAD_STEPS_IN_A_ROW:
            raise CourseError(
                f"{BAD_STEPS_IN_A_ROW} steps in a row gave no finite gradient (step {self.step}): lower the learning "
                f"rate (now {self.settings.training.learning_rate}), or look for damaged recordings. "
                "The last checkpoint is from before that."
            )

    @torch.no_grad()
    def score_held_out(self) -> float | None:
        """Mean loss on 16 crops of the held-out takes, always the same and with the same noise; None without any."""
        if self.held_crops is None or not self.processes.first:
            return None
        audio, features = self.held_crops
        generator = torch.Generator(device=self.device).manual_seed(0)
        _, stems = self._play(audio, features, dsp.white_noise(*audio.shape, generator=generator, device=self.device))
        return float(self.loss(stems.wet[:, self.context :], audio[:, self.context :]))

    def snapshot(self, loss: float) -> TrainingProgress:
        return TrainingProgress(
            self.step, self.steps, loss, self.held_out_loss, self.harmonic_share, self.seconds, self.model
        )

    def _watch(self) -> None:
        """The known failure: the noise imitates everything, the harmonics fall silent and get no gradient any more."""
        if not self.warned and self.step >= 10 * LOG_EVERY and self.harmonic_share < COLLAPSED_SHARE:
            self.warned = True
            warnings.warn(
                f"At step {self.step} the harmonics carry only {100 * self.harmonic_share:.1f} % of the energy: the "
                "noise plays alone. Is the sound pitched, and does its tracked pitch fit? If so, train with another "
                "seed or a lower learning rate.",
                TrainingWarning,
                stacklevel=3,
            )

    def _mean(self, losses: list[float]) -> float:
        finite = [loss for loss in losses if math.isfinite(loss)]
        return sum(finite) / len(finite) if finite else math.nan

    def _log(self, folder: Path | None, loss: float) -> None:
        if folder is None or not self.processes.first:
            return
        line = {
            "step": self.step,
            "loss": loss,
            "held_out_loss": self.held_out_loss,
            "harmonic_share": self.harmonic_share,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "skipped": self.skipped,
            "seconds": round(self.seconds, 2),
        }
        append_log(folder, plain(line))

    def _figures(self) -> dict[str, Any]:
        return {
            "steps": self.step,
            "seconds": round(self.seconds, 1),
            "skipped_steps": self.skipped,
            "held_out_loss": self.held_out_loss,
            "harmonic_share": round(self.harmonic_share, 4),
            "device": str(self.device),
            "settings": self.settings.to_dict(),
        }

    def save(self, folder: Path) -> None:
        """The model to use, then the state to go on from; each file is whole at every moment."""
        if not self.processes.first:
            return
        save(self.model, folder / MODEL_FILE)
        state = {
            "settings": json.dumps(self.settings.to_dict()),
            "statistics": json.dumps(asdict(self.model.statistics)),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "crop_generator": self.crop_generator.get_state(),
            "noise_generator": self.noise_generator.get_state(),
            "step": self.step,
            "steps": self.steps,
            "seconds": self.seconds,
            "skipped": self.skipped,
            "harmonic_share": self.harmonic_share,
            "held_out_loss": self.held_out_loss,
        }
        content = io.BytesIO()
        torch.save(state, content)
        write_atomically(folder / STATE_FILE, content.getvalue())

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a state written by `save`: the next step is the one that would have come next."""
        if json.loads(state["statistics"]) != json.loads(json.dumps(asdict(self.model.statistics))):
            raise CourseError(
                "This run was trained on other recordings: resume with the same ones, or start a new run."
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.crop_generator.set_state(state["crop_generator"].cpu())
        self.noise_generator.set_state(state["noise_generator"].cpu())
        for name in ("step", "steps", "seconds", "skipped", "harmonic_share", "held_out_loss"):
            setattr(self, name, state[name])
