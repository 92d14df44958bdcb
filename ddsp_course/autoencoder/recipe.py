"""The recipe of training: which numbers move how fast, and what pulls at them besides the spectral loss."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from ddsp_course.autoencoder.decoder import Controls
from ddsp_course.autoencoder.model import Autoencoder
from ddsp_course.autoencoder.processes import OneProcess
from ddsp_course.autoencoder.settings import TrainingConfig
from ddsp_course.autoencoder.synthesizer import Stems


def parameter_groups(model: Autoencoder, config: TrainingConfig) -> list[dict[str, Any]]:
    """The network, its recurrent weights and the room, each with its own learning rate.   Lesson 11.

    Adam moves every number by about its rate. The room's taps may move fast. The GRU's matrix from state to state may
    not: it is multiplied with itself at every frame, and where it has grown too large, gradients explode.
    """
    room = [] if model.reverb is None else list(model.reverb.parameters())
    recurrent = [model.decoder.gru.weight_hh_l0]
    apart = {id(parameter) for parameter in (*room, *recurrent)}
    network = [parameter for parameter in model.parameters() if id(parameter) not in apart]
    rates = (
        (network, config.learning_rate),
        (recurrent, config.recurrent_learning_rate),
        (room, config.room_learning_rate),
    )
    return [{"params": params, "lr": rate, "full_rate": rate} for params, rate in rates if params]


def learning_rate_factor(step: int, steps: int | None, warmup_steps: int) -> float:
    """Up in a straight line over the warm-up, then down along a cosine to a fiftieth at the last step.   Lesson 11."""
    if step < warmup_steps or steps is None:
        return min(1.0, (step + 1) / max(warmup_steps, 1))
    done = (step - warmup_steps) / max(1, steps - warmup_steps)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def quietness(controls: Controls) -> Tensor:
    """Mean natural logarithm of the harmonics' amplitude, down to -80 dB: a gentle pull towards playing nothing.

    Where somebody plays, the spectral loss holds against it. In the rests it hardly notices whether the tail of a note
    is played by the decoder or by the room; this settles it: of two explanations take the one with less playing.
    Lesson 11.
    """
    return (controls.amplitude + 1e-4).log().mean()


@torch.no_grad()
def harmonic_share(stems: Stems, processes: OneProcess | None = None) -> float:
    """Energy of the harmonic stem as a share of harmonic and noise together, from 0 to 1.   Lesson 11."""
    energies = torch.stack([stems.harmonic.square().sum(), stems.noise.square().sum()])
    harmonic, noise = energies if processes is None else processes.mean(energies)
    return float(harmonic / (harmonic + noise).clamp_min(1e-12))
