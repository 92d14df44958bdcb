"""Lesson 14, small and live: what its exercises are judged by."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ddsp_course import dsp
from ddsp_course.classroom.exercise import (
    Attempt,
    Case,
    ChoiceQuestion,
    Exercise,
    Lesson,
    Misuse,
    NumberQuestion,
    WrongAnswer,
    encode,
    looks_like,
)
from ddsp_course.classroom.exercises.lesson_14_bits import QUANTISE
from ddsp_course.classroom.exercises.uneven import uneven

LESSON = Lesson(
    number=14,
    topic="small_and_live",
    title="Small and live",
    builds="weights of a few bits, a synthesizer that plays block by block, its latency, and a page that holds an instrument",
    hears="an instrument of 8, 4 and 3 bits, the click and the buzz of a state that was forgotten, and your own playing",
    minutes_to_read=50,
    minutes_to_run=1,
)

# --- 14.2 the phase is carried ----------------------------------------------------------------------------------------

TURN = 2 * math.pi


def sine_block(f0_hz: Tensor, phase: float, sample_rate: int) -> tuple[Tensor, float]:
    steps = TURN * f0_hz.double() / sample_rate
    total = torch.cumsum(steps, dim=0)
    return torch.sin(phase + total - steps).float(), float((phase + total[-1]) % TURN)


def _next_phase(attempt: Attempt) -> tuple[float, float]:
    return float(attempt.got[1]), float(attempt.want[1])


def _right_sound(attempt: Attempt) -> bool:
    got, want = attempt.got[0], attempt.want[0]
    return got.shape == want.shape and float((got - want).abs().max()) < 1e-3


def one_rate_for_all(attempt: Attempt) -> str | None:
    given = attempt.arguments
    if given["sample_rate"] == 16_000:
        return None
    slow = sine_block(**{**given, "sample_rate": 16_000})[0].double()
    if attempt.got[0].shape != slow.shape or not float((attempt.got[0] - slow).abs().max()) < 1e-3:
        return None
    return (
        f"yours turns {given['sample_rate'] / 16_000:.2f} times too quickly: it counts on 16 000 samples a second, but "
        f"sample_rate is {given['sample_rate']}."
    )


def ahead_by_a_sample(attempt: Attempt) -> str | None:
    given = attempt.arguments
    steps = TURN * given["f0_hz"].double() / given["sample_rate"]
    early = torch.sin(given["phase"] + torch.cumsum(steps, dim=0))
    if attempt.got[0].shape != early.shape or float((attempt.got[0] - early).abs().max()) > 1e-3:
        return None
    return (
        f"yours begins one sample on: sample 0 has the phase {float(given['phase'] + steps[0]):.3f} instead of "
        f"{given['phase']:.3f}, which you were handed. cumsum counts the sample itself; what has passed *before* it is "
        f"that minus its own step."
    )


def forgets_the_start(attempt: Attempt) -> str | None:
    fresh = sine_block(**{**attempt.arguments, "phase": 0.0})[0].double()
    if attempt.got[0].shape != fresh.shape or float((attempt.got[0] - fresh).abs().max()) > 1e-3:
        return None
    if attempt.arguments["phase"] == 0:
        return None
    return (
        f"yours begins at sin(0) = 0, whatever phase it is handed; here it is {attempt.arguments['phase']:.2f}, so sample "
        f"0 is {float(attempt.want[0][0]):.3f}. That is the click of this lesson."
    )


def unwrapped(attempt: Attempt) -> str | None:
    got, want = _next_phase(attempt)
    turns = (got - want) / TURN
    if not _right_sound(attempt) or abs(turns) < 0.5 or abs(turns - round(turns)) > 1e-3:
        return None
    if -math.pi - 1e-6 <= got < 0:
        return (
            f"the sound is right, and so is the phase but for its range: {got:.3f} is wrapped into -pi to pi, and asked for "
            f"is 0 to 2 pi, {want:.3f}: % (2 * math.pi)."
        )
    return (
        f"the sound is right, and so is the phase, but for {round(turns)} whole turn{'s' if round(turns) > 1 else ''}: it grows without end, "
        f"and a large number has few digits left behind the point. Wrap it: % (2 * math.pi)."
    )


def last_instead_of_next(attempt: Attempt) -> str | None:
    got, want = _next_phase(attempt)
    given = attempt.arguments
    step = TURN * float(given["f0_hz"][-1]) / given["sample_rate"]
    behind = (want - got) % TURN
    if not _right_sound(attempt) or abs(behind - step) > 1e-3:
        return None
    return (
        f"the sound is right; the phase that you hand on, {got:.3f}, is that of the *last* sample. The next block would play "
        f"it again: hand on the phase of the sample after it, {want:.3f}."
    )


def start_handed_back(attempt: Attempt) -> str | None:
    got, _ = _next_phase(attempt)
    if not _right_sound(attempt) or abs(got - attempt.arguments["phase"]) > 1e-6:
        return None
    return (
        f"the sound is right, but you hand on the phase that you were handed, {got:.3f}: every block would begin where "
        f"this one began."
    )


SINE = Exercise(
    number="14.2",
    name="sine_block",
    reference=sine_block,
    cases=(
        Case(
            "220 Hz from phase 0, 1000 samples",
            {"f0_hz": torch.full((1000,), 220.0), "phase": 0.0, "sample_rate": 16_000},
        ),
        Case(
            "a glide from 300 to 500 Hz from phase 2, 160 samples at 44.1 kHz",
            {"f0_hz": torch.linspace(300, 500, 160), "phase": 2.0, "sample_rate": 44_100},
        ),
        Case(
            "1000 Hz from phase 5.5, one sample",
            {"f0_hz": torch.full((1,), 1000.0), "phase": 5.5, "sample_rate": 16_000},
        ),
    ),
    hints=(one_rate_for_all, ahead_by_a_sample, forgets_the_start, start_handed_back, last_instead_of_next, unwrapped),
    wrong_answers=(
        WrongAnswer(
            """
def sine_block(f0_hz, phase, sample_rate):
    angle = phase + torch.cumsum(2 * math.pi * f0_hz.double() / sample_rate, dim=0)
    return torch.sin(angle).float(), float(angle[-1]) % (2 * math.pi)
""",
            r"yours begins one sample on: sample 0 has the phase 0\.086 instead of 0\.000",
        ),
        WrongAnswer(
            """
def sine_block(f0_hz, phase, sample_rate):
    steps = 2 * math.pi * f0_hz.double() / sample_rate
    angle = torch.cumsum(steps, dim=0) - steps
    return torch.sin(angle).float(), float(phase + angle[-1] + steps[-1]) % (2 * math.pi)
""",
            r"yours begins at sin\(0\) = 0, whatever phase it is handed; here it is 2\.00",
        ),
        WrongAnswer(
            """
def sine_block(f0_hz, phase, sample_rate):
    steps = 2 * math.pi * f0_hz.double() / sample_rate
    angle = phase + torch.cumsum(steps, dim=0) - steps
    return torch.sin(angle).float(), float(angle[-1]) % (2 * math.pi)
""",
            r"is that of the \*last\* sample",
        ),
        WrongAnswer(
            """
def sine_block(f0_hz, phase, sample_rate):
    steps = 2 * math.pi * f0_hz.double() / sample_rate
    angle = phase + torch.cumsum(steps, dim=0) - steps
    return torch.sin(angle).float(), float(angle[-1] + steps[-1])
""",
            r"but for 13 whole turns: it grows without end",
        ),
        WrongAnswer(
            """
def sine_block(f0_hz, phase, sample_rate):
    steps = 2 * math.pi * f0_hz.double() / sample_rate
    angle = phase + torch.cumsum(steps, dim=0)
    after = float(angle[-1])
    return torch.sin(angle - steps).float(), after - 2 * math.pi if after > 2 * math.pi else after
""",
            r"but for 12 whole turns: it grows without end",
        ),
        WrongAnswer(
            """
def sine_block(f0_hz, phase, sample_rate):
    steps = 2 * math.pi * f0_hz.double() / sample_rate
    angle = phase + torch.cumsum(steps, dim=0)
    return torch.sin(angle - steps).float(), math.atan2(math.sin(float(angle[-1])), math.cos(float(angle[-1])))
""",
            r"wrapped into -pi to pi, and asked for is 0 to 2 pi",
        ),
        WrongAnswer(
            """
def sine_block(f0_hz, phase, sample_rate):
    steps = 2 * math.pi * f0_hz.double() / 16_000
    angle = phase + torch.cumsum(steps, dim=0)
    return torch.sin(angle - steps).float(), float(angle[-1]) % (2 * math.pi)
""",
            r"turns 2\.76 times too quickly",
        ),
        WrongAnswer(
            """
def sine_block(f0_hz, phase, sample_rate):
    steps = 2 * math.pi * f0_hz.double() / sample_rate
    return torch.sin(phase + torch.cumsum(steps, dim=0) - steps).float(), phase
""",
            r"you hand on the phase that you were handed, 0\.000",
        ),
    ),
    atol=1e-4,
)

# --- 14.3 the tail of a filter ----------------------------------------------------------------------------------------


def convolve_block(block: Tensor, taps: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
    n = block.shape[1]
    sound = dsp.fft_convolve(block, taps, mode="full") + F.pad(tail, (0, n))
    return sound[:, :n], sound[:, n:]


def _in_blocks(function: Any, audio: Tensor, taps: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """What a learner's function makes of a sound in blocks, and the last tail after it."""
    tail = torch.zeros(1, len(taps) - 1)
    pieces = []
    for block in audio.split(sizes, dim=1):
        before, result = tail.clone(), function(block, taps, tail)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Misuse("two things are asked for, the block's sound and the new tail: return sound, tail.")
        if not torch.equal(tail, before):
            raise Misuse(
                "the tail that you are handed is changed in place: whoever gave it to you may still need the old one. "
                "Make a new tensor instead: now = now + tail, not tail[...] = or +=."
            )
        piece, tail = result
        pieces.append(piece)
    return torch.cat([*pieces, tail], dim=1)


def _tail_dropped(block: Tensor, taps: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
    n = block.shape[1]
    sound = dsp.fft_convolve(block, taps, mode="full")
    return sound[:, :n], sound[:, n:]


def _old_tail_lost(block: Tensor, taps: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
    """Right as long as a block is longer than the tail."""
    n, own = block.shape[1], dsp.fft_convolve(block, taps, mode="full")
    return own[:, :n] + F.pad(tail, (0, max(0, n - tail.shape[1])))[:, :n], own[:, n:]


def _nothing_new_kept(block: Tensor, taps: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
    return dsp.fft_convolve(block, taps), tail


def _as_it_would_be(function: Any) -> Any:
    def mistake(**given: Any) -> Tensor:
        return _in_blocks(function, **given)

    return mistake


CONVOLVE = Exercise(
    number="14.3",
    name="convolve_block",
    reference=convolve_block,
    use=_in_blocks,
    cases=(
        Case(
            "three blocks of 8 samples, 4 taps",
            {"audio": uneven(1, 24), "taps": torch.tensor([1.0, 0.5, -0.25, 0.125]), "sizes": (8, 8, 8)},
        ),
        Case(
            "blocks of 5, 2, 1 and 7 samples, 6 taps: a tail longer than the block",
            {"audio": uneven(1, 15), "taps": uneven(6) + 1.5, "sizes": (5, 2, 1, 7)},
        ),
        Case(
            "twelve blocks of 1 sample, 9 taps",
            {"audio": uneven(1, 12), "taps": uneven(9), "sizes": (1,) * 12},
        ),
    ),
    hints=(
        looks_like(
            _as_it_would_be(_tail_dropped),
            lambda attempt: (
                f"the first block is right, sample {attempt.arguments['sizes'][0]} is "
                f"{float(attempt.got[0, attempt.arguments['sizes'][0]]):.3f} instead of "
                f"{float(attempt.want[0, attempt.arguments['sizes'][0]]):.3f}: the tail that you are handed is never added. "
                f"Every block begins as if nothing had sounded before."
            ),
        ),
        looks_like(
            _as_it_would_be(_nothing_new_kept),
            'the convolution is cut at the end of the block, and what rings on is thrown away: ask for mode="full", '
            "return the first n samples, and hand the rest on.",
        ),
        looks_like(
            _as_it_would_be(_old_tail_lost),
            "right as long as a block is longer than the tail. Where it is shorter, the tail reaches beyond its end: "
            "what is left of the *old* tail must go into the new one, added to the block's own.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def convolve_block(block, taps, tail):
    n = block.shape[1]
    sound = dsp.fft_convolve(block, taps, mode="full")
    return sound[:, :n], sound[:, n:]
""",
            r"the first block is right, sample 8 is -?\d\.\d+ instead of -?\d\.\d+: the tail that you are handed is never",
        ),
        WrongAnswer(
            """
def convolve_block(block, taps, tail):
    n = block.shape[1]
    sound = dsp.fft_convolve(block, taps, mode="full")
    now = sound[:, :n].clone()
    overlap = min(n, tail.shape[1])
    now[:, :overlap] += tail[:, :overlap]
    return now, sound[:, n:]
""",
            r"what is left of the \*old\* tail must go into the new one",
        ),
        WrongAnswer(
            """
def convolve_block(block, taps, tail):
    sound = dsp.fft_convolve(block, taps)
    return sound, tail
""",
            r"what rings on is thrown away",
        ),
        WrongAnswer(
            """
def convolve_block(block, taps, tail):
    n = block.shape[1]
    sound = dsp.fft_convolve(block, taps, mode="full")
    sound[:, : tail.shape[1]] += tail
    tail[:] = sound[:, n:]
    return sound[:, :n], tail
""",
            r"the tail that you are handed is changed in place",
        ),
        WrongAnswer(
            """
def convolve_block(block, taps, tail):
    n = block.shape[1]
    sound = dsp.fft_convolve(block, taps, mode="full") + torch.nn.functional.pad(tail, (0, n))
    return sound[:, :n]
""",
            r"two things are asked for",
        ),
    ),
    atol=1e-5,
)

# --- 14.4 a synthesizer that plays block by block ---------------------------------------------------------------------

GRID = {"sample_rate": 16_000, "hop_size": 64}


class Live:
    """Harmonics in a room, block by block; `forgets` makes it one of those that do not remember it all."""

    def __init__(self, room: Tensor, forgets: str = "") -> None:
        self.taps, self.forgets = F.pad(room[1:], (1, 0)), forgets
        self.frame: tuple[Tensor, Tensor] | None = None
        self.phase: Tensor | float = 0.0
        self.tail = torch.zeros(1, len(room) - 1)

    def __call__(self, f0_hz: Tensor, amplitudes: Tensor) -> Tensor:
        if self.frame is not None:
            f0_hz, amplitudes = torch.cat([self.frame[0], f0_hz], 1), torch.cat([self.frame[1], amplitudes], 1)
        if "frame" not in self.forgets:
            self.frame = f0_hz[:, -1:], amplitudes[:, -1:]
        if f0_hz.shape[1] == 1 and "frame" not in self.forgets:
            return torch.zeros(1, 0)
        dry, phase = dsp.harmonic_synthesis(
            f0_hz,
            amplitudes,
            **GRID,
            initial_phase=self.phase,
            return_final_phase=True,
            hold_last_frame="frame" in self.forgets,
        )
        self.phase = 0.0 if "phase" in self.forgets else phase
        echo, tail = convolve_block(dry, self.taps, self.tail)
        self.tail = torch.zeros_like(tail) if "tail" in self.forgets else tail
        return dry + echo


def played_live(
    live: Any, f0_hz: Tensor, amplitudes: Tensor, room: Tensor, sizes: tuple[int, ...], forgets: str = ""
) -> Tensor:
    """All that a synthesizer, made afresh, returns for its blocks, joined."""
    player = live(room, forgets) if forgets else live(room)
    return torch.cat(
        [player(*block) for block in zip(f0_hz.split(sizes, 1), amplitudes.split(sizes, 1), strict=True)], 1
    )


def _forgetful(forgets: str) -> Any:
    return lambda **given: played_live(Live, **given, forgets=forgets)


def hops_missing(attempt: Attempt) -> str | None:
    missing = attempt.want.shape[-1] - attempt.got.shape[-1]
    if attempt.got.ndim != 2 or missing == 0 or missing % 64:
        return None
    sizes = attempt.arguments["sizes"]
    blocks, single = len(sizes), sum(size == 1 for size in sizes[1:])
    if missing == -64 and sizes[0] == 1 and not bool(attempt.got[0, :64].any()):
        return (
            "one hop too many came out, and it is silence: a single first frame decides no hop yet. Return nothing then, "
            "torch.zeros(1, 0)."
        )
    if single and missing == 64 * single:
        return (
            f"{single} hops are missing, as many as blocks of a single frame come later: such a frame ends the hop that the "
            f"frame before it began. Ask whether there is a frame to go from once the kept one stands in front."
        )
    if missing == -64:
        return (
            "one hop too many came out: the last frames are held, though nobody knows yet what follows them. A hop goes "
            "from one frame to the next: hold_last_frame=False, and the last frame is kept for the block that follows."
        )
    if missing == 64 * (blocks - 1):
        return (
            f"{missing // 64} hops are missing, one at each seam: the hop from a block's last frame to the next block's "
            f"first. Keep the last frame, and put it in front of the next block."
        )
    hops = abs(missing) // 64
    return f"{hops} hop{'s' if hops > 1 else ''} too {'few' if missing > 0 else 'many'} came out of {blocks} blocks."


def _live_case(frames: int, sizes: tuple[int, ...], taps: int) -> dict[str, Any]:
    time = torch.arange(frames)
    f0_hz = (230 + 60 * torch.sin(0.4 * time))[None]
    amplitudes = 0.1 * (1 + uneven(1, frames, 5)) / torch.arange(1, 6)
    decay = torch.exp(-torch.arange(taps) / (0.25 * taps))
    return {
        "f0_hz": f0_hz,
        "amplitudes": amplitudes,
        "room": torch.cat([torch.ones(1), 0.3 * uneven(taps) * decay]),
        "sizes": sizes,
    }


def at_the_seam(attempt: Attempt) -> int:
    """The first sample after the first block's end."""
    return (attempt.arguments["sizes"][0] - 1) * 64


LIVE = Exercise(
    number="14.4",
    name="Live",
    reference=Live,
    use=played_live,
    cases=(
        Case("18 frames in three blocks of 6, a room of 150 samples", _live_case(18, (6, 6, 6), 150)),
        Case("blocks of 1, 7, 1, 1 and 5 frames, a room of 700 samples", _live_case(15, (1, 7, 1, 1, 5), 700)),
    ),
    hints=(
        hops_missing,
        looks_like(
            _forgetful("phase"),
            lambda attempt: (
                f"the first block is right; at sample {at_the_seam(attempt)} the sines all start at phase 0 again, and jump "
                f"by {float((attempt.got - attempt.want)[0, at_the_seam(attempt) : at_the_seam(attempt) + 64].abs().max()):.2f} "
                f"within a hop. Keep the final phase."
            ),
        ),
        looks_like(
            _forgetful("tail"),
            "the dry sound is right, but at each seam the room falls silent: what still rang of the block before is "
            "missing. Keep the tail.",
        ),
        looks_like(
            _forgetful("phase and tail"),
            "the frame is carried over; the phase and the tail of the room are not. There are three things to keep.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
class Live:
    def __init__(self, room):
        self.taps = torch.cat([torch.zeros(1), room[1:]])
        self.frame, self.phase, self.tail = None, 0.0, torch.zeros(1, len(room) - 1)

    def __call__(self, f0_hz, amplitudes):
        if self.frame is not None:
            f0_hz, amplitudes = torch.cat([self.frame[0], f0_hz], 1), torch.cat([self.frame[1], amplitudes], 1)
        self.frame = f0_hz[:, -1:], amplitudes[:, -1:]
        if f0_hz.shape[1] == 1:
            return torch.zeros(1, 0)
        dry = dsp.harmonic_synthesis(f0_hz, amplitudes, sample_rate=16_000, hop_size=64, hold_last_frame=False)
        full = dsp.fft_convolve(dry, self.taps, mode="full")
        full[:, : self.tail.shape[1]] += self.tail
        self.tail = full[:, dry.shape[1] :]
        return dry + full[:, : dry.shape[1]]
""",
            r"at sample 320 the sines all start at phase 0 again",
        ),
        WrongAnswer(
            """
class Live:
    def __init__(self, room):
        self.room, self.frame, self.phase = room, None, 0.0

    def __call__(self, f0_hz, amplitudes):
        if self.frame is not None:
            f0_hz, amplitudes = torch.cat([self.frame[0], f0_hz], 1), torch.cat([self.frame[1], amplitudes], 1)
        self.frame = f0_hz[:, -1:], amplitudes[:, -1:]
        if f0_hz.shape[1] == 1:
            return torch.zeros(1, 0)
        dry, self.phase = dsp.harmonic_synthesis(
            f0_hz, amplitudes, sample_rate=16_000, hop_size=64,
            initial_phase=self.phase, return_final_phase=True, hold_last_frame=False,
        )
        return dsp.reverberate(dry, self.room)
""",
            r"at each seam the room falls silent",
        ),
        WrongAnswer(
            """
class Live:
    def __init__(self, room):
        self.taps = torch.cat([torch.zeros(1), room[1:]])
        self.phase, self.tail = 0.0, torch.zeros(1, len(room) - 1)

    def __call__(self, f0_hz, amplitudes):
        dry, self.phase = dsp.harmonic_synthesis(
            f0_hz, amplitudes, sample_rate=16_000, hop_size=64, initial_phase=self.phase, return_final_phase=True
        )
        full = dsp.fft_convolve(dry, self.taps, mode="full")
        full[:, : self.tail.shape[1]] += self.tail
        self.tail = full[:, dry.shape[1] :]
        return dry + full[:, : dry.shape[1]]
""",
            r"one hop too many came out: the last frames are held",
        ),
        WrongAnswer(
            """
class Live:
    def __init__(self, room):
        self.taps = torch.cat([torch.zeros(1), room[1:]])
        self.phase, self.tail = 0.0, torch.zeros(1, len(room) - 1)

    def __call__(self, f0_hz, amplitudes):
        if f0_hz.shape[1] == 1:
            return torch.zeros(1, 0)
        dry, self.phase = dsp.harmonic_synthesis(
            f0_hz, amplitudes, sample_rate=16_000, hop_size=64,
            initial_phase=self.phase, return_final_phase=True, hold_last_frame=False,
        )
        full = dsp.fft_convolve(dry, self.taps, mode="full")
        full[:, : self.tail.shape[1]] += self.tail
        self.tail = full[:, dry.shape[1] :]
        return dry + full[:, : dry.shape[1]]
""",
            r"2 hops are missing, one at each seam",
        ),
        WrongAnswer(
            """
class Live:
    def __init__(self, room):
        self.taps = torch.cat([torch.zeros(1), room[1:]])
        self.frame, self.phase, self.tail = None, 0.0, torch.zeros(1, len(room) - 1)

    def __call__(self, f0_hz, amplitudes):
        kept, self.frame = self.frame, (f0_hz[:, -1:], amplitudes[:, -1:])
        if f0_hz.shape[1] == 1:
            return torch.zeros(1, 0)
        if kept is not None:
            f0_hz, amplitudes = torch.cat([kept[0], f0_hz], 1), torch.cat([kept[1], amplitudes], 1)
        dry, self.phase = dsp.harmonic_synthesis(
            f0_hz, amplitudes, sample_rate=16_000, hop_size=64,
            initial_phase=self.phase, return_final_phase=True, hold_last_frame=False,
        )
        full = dsp.fft_convolve(dry, self.taps, mode="full")
        full[:, : self.tail.shape[1]] += self.tail
        self.tail = full[:, dry.shape[1] :]
        return dry + full[:, : dry.shape[1]]
""",
            r"2 hops are missing, as many as blocks of a single frame come later",
        ),
        WrongAnswer(
            """
class Live:
    def __init__(self, room):
        self.taps = torch.cat([torch.zeros(1), room[1:]])
        self.frame, self.phase, self.tail = None, 0.0, torch.zeros(1, len(room) - 1)

    def __call__(self, f0_hz, amplitudes):
        if self.frame is not None:
            f0_hz, amplitudes = torch.cat([self.frame[0], f0_hz], 1), torch.cat([self.frame[1], amplitudes], 1)
        self.frame = f0_hz[:, -1:], amplitudes[:, -1:]
        if f0_hz.shape[1] == 1:
            return torch.zeros(1, 64)
        dry, self.phase = dsp.harmonic_synthesis(
            f0_hz, amplitudes, sample_rate=16_000, hop_size=64,
            initial_phase=self.phase, return_final_phase=True, hold_last_frame=False,
        )
        full = dsp.fft_convolve(dry, self.taps, mode="full")
        full[:, : self.tail.shape[1]] += self.tail
        self.tail = full[:, dry.shape[1] :]
        return dry + full[:, : dry.shape[1]]
""",
            r"one hop too many came out, and it is silence",
        ),
    ),
    atol=1e-4,
)

# --- 14.5 latency -----------------------------------------------------------------------------------------------------


def latency_ms(block_frames: int, ahead_frames: int, window_size: int, hop_size: int, sample_rate: int) -> float:
    return 1000 * ((block_frames + ahead_frames) * hop_size + window_size / 2) / sample_rate


def _latency_mistake(samples: Any) -> Any:
    def mistake(**given: Any) -> float:
        return 1000 * samples(**given) / given["sample_rate"]

    return mistake


def _ms(attempt: Attempt) -> str:
    return f"{float(attempt.got):.1f} ms instead of {float(attempt.want):.1f}"


LATENCY = Exercise(
    number="14.5",
    name="latency_ms",
    reference=latency_ms,
    cases=(
        Case(
            "blocks of 5 frames, 2 ahead, no window",
            {"block_frames": 5, "ahead_frames": 2, "window_size": 0, "hop_size": 64, "sample_rate": 16_000},
        ),
        Case(
            "blocks of 16 frames, 3 ahead, a window of 960",
            {"block_frames": 16, "ahead_frames": 3, "window_size": 960, "hop_size": 64, "sample_rate": 16_000},
        ),
        Case(
            "at 48 kHz, blocks of 1 frame, 3 ahead, a window of 2048",
            {"block_frames": 1, "ahead_frames": 3, "window_size": 2048, "hop_size": 192, "sample_rate": 48_000},
        ),
    ),
    hints=(
        looks_like(
            lambda **given: latency_ms(**given) / 1000,
            lambda attempt: f"{float(attempt.got):.3g} is in seconds; in milliseconds it is {float(attempt.want):.1f}.",
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: latency_ms(**{**given, "block_frames": 0}),
            lambda attempt: (
                f"{_ms(attempt)}: the block is missing. Its first frame waits until its last one has come, and the last "
                f"one waits while the first ones are played: all of them wait for a whole block."
            ),
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: latency_ms(**{**given, "block_frames": given["block_frames"] / 2}),
            lambda attempt: (
                f"{_ms(attempt)}: half a block would be the mean wait to be *heard by the computer*. But the block is then "
                f"played from its start: who waited little there waits longer here. It is a whole block for all."
            ),
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: latency_ms(**{**given, "window_size": 2 * given["window_size"]}),
            lambda attempt: (
                f"{_ms(attempt)}: a whole window. What a window measures holds for its middle, so only its second half has "
                f"to be waited for."
            ),
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: latency_ms(**{**given, "window_size": 0}),
            lambda attempt: f"{_ms(attempt)}: half a window of the tracker is missing.",
            tolerance=1e-4,
        ),
        looks_like(
            lambda **given: latency_ms(**{**given, "ahead_frames": 0}),
            lambda attempt: f"{_ms(attempt)}: the frames ahead are missing, without which a hop cannot be cross-faded.",
            tolerance=1e-4,
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            """
def latency_ms(block_frames, ahead_frames, window_size, hop_size, sample_rate):
    return ((block_frames + ahead_frames) * hop_size + window_size / 2) / sample_rate
""",
            r"0\.028 is in seconds; in milliseconds it is 28\.0",
        ),
        WrongAnswer(
            """
def latency_ms(block_frames, ahead_frames, window_size, hop_size, sample_rate):
    return 1000 * (ahead_frames * hop_size + window_size / 2) / sample_rate
""",
            r"8\.0 ms instead of 28\.0: the block is missing",
        ),
        WrongAnswer(
            """
def latency_ms(block_frames, ahead_frames, window_size, hop_size, sample_rate):
    return 1000 * ((block_frames / 2 + ahead_frames) * hop_size + window_size / 2) / sample_rate
""",
            r"18\.0 ms instead of 28\.0: half a block",
        ),
        WrongAnswer(
            """
def latency_ms(block_frames, ahead_frames, window_size, hop_size, sample_rate):
    return 1000 * ((block_frames + ahead_frames) * hop_size + window_size) / sample_rate
""",
            r"136\.0 ms instead of 106\.0: a whole window",
        ),
        WrongAnswer(
            """
def latency_ms(block_frames, ahead_frames, window_size, hop_size, sample_rate):
    return 1000 * (block_frames + ahead_frames) * hop_size / sample_rate
""",
            r"76\.0 ms instead of 106\.0: half a window of the tracker is missing",
        ),
        WrongAnswer(
            """
def latency_ms(block_frames, ahead_frames, window_size, hop_size, sample_rate):
    return 1000 * (block_frames * hop_size + window_size / 2) / sample_rate
""",
            r"20\.0 ms instead of 28\.0: the frames ahead are missing",
        ),
    ),
    axes=(),
    unit="ms",
)

EXERCISES = (QUANTISE, SINE, CONVOLVE, LIVE, LATENCY)

# --- questions --------------------------------------------------------------------------------------------------------

QUESTIONS = (
    NumberQuestion(
        "14.6",
        answer=encode(62.5),
        tolerance=2.5,
        unit="million",
        right="right: each weight is used once a frame, and there are 250 frames in a second.",
        misconceptions=(
            (0.25, 0.01, "that is one frame. The network speaks 250 times a second."),
            (4000, 150, "16 000 times a second is the loudspeaker's rate. The network speaks once a frame."),
            (16, 0.8, "250 frames a second, of 64 samples each: multiply by the frames, not by the samples."),
            (250, 6, "250 times 0.25 million is not 250. Try again."),
        ),
    ),
    NumberQuestion(
        "14.7",
        answer=encode(18),
        tolerance=1,
        unit="dB",
        right="right: each bit fewer doubles the step, and with it the error: 6 dB, three times.",
        misconceptions=(
            (9, 0.6, "3 dB a bit would be twice the *power* of the error. Its amplitude doubles."),
            (8, 0.3, "the step is 8 times as large, right. How much is that in dB?"),
            (6, 0.6, "6 dB is one bit. It is three of them."),
            (3, 0.3, "that is the number of bits. How much louder is the error for each?"),
            (36, 1, "20 log10, not 40: the error's amplitude doubles with each bit, its power is four times as large."),
        ),
    ),
    NumberQuestion(
        "14.8",
        answer=encode(62.5),
        tolerance=1,
        unit="Hz",
        right="right: what repeats every 256 samples has a pitch, 16 000 / 256.",
        misconceptions=(
            (0, 0.5, "no block has a pitch by itself. But what repeats has one."),
            (250, 2, "250 Hz would be noise that repeats every frame; it repeats every block of four."),
            (256, 1, "256 is the block in samples. How often does it fit into a second?"),
            (15.6, 0.3, "how many blocks fit into a second, not how many frames of 1024 samples."),
            (8000, 50, "white noise has no pitch, and yet what repeats has one: how often does the block come round?"),
        ),
    ),
    ChoiceQuestion(
        "14.9",
        answer=encode("d"),
        replies={
            "a": "1.5 s is how long the *last* echo takes. The sound itself comes through the room's first tap at once.",
            "b": "half a window is waited for where something is measured, and holds for the window's middle. A room's response "
            "begins with the direct sound: nothing of it lies ahead.",
            "c": "the first echo comes later than the direct sound, that is what a room is. Nobody waits for it to hear the "
            "direct sound.",
            "d": "right: the output at a sample needs the sound up to that sample and nothing of what comes after.",
        },
    ),
)
