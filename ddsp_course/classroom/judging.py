"""Is an answer right? If not: how far off, where, and what it looks like."""

from __future__ import annotations

import contextlib
import functools
import inspect
import linecache
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ddsp_course.classroom.exercise import Attempt, Case, Exercise, Misuse
from ddsp_course.classroom.limits import CPU_SECONDS, MEMORY_BYTES, TooLarge, TooLong, within_limits

SMALLEST_SCALE = 1e-6
"""Where everything expected is zero, a difference is measured against this."""


@dataclass(frozen=True)
class Judgement:
    """state: "todo", "right" or "wrong"; text: what to tell the learner, one or two lines."""

    state: str
    text: str


class _Wrong(Exception):
    """Carries what to tell the learner from where it was found."""


def judge(exercise: Exercise, function: Any) -> Judgement:
    """Try a function on every case of an exercise: values first, then gradients. Never raises."""
    if function is exercise.reference:
        return Judgement("wrong", "this is the course's own function. Write yours: that is where the learning is.")
    if not callable(function):
        return Judgement("wrong", f"{exercise.name} is {_shown(function)}, not a function.")
    try:
        for case in exercise.cases:
            _judge_values(exercise, function, case)
        for case in exercise.cases:
            if case.gradients:
                _judge_gradients(exercise, function, case)
    except NotImplementedError:
        return Judgement("todo", "not done yet.")
    except _Wrong as wrong:
        return Judgement("wrong", str(wrong))
    n = len(exercise.cases)
    gradients = ", gradients too" if any(case.gradients for case in exercise.cases) else ""
    return Judgement("right", f"right ({n} case{'s' if n > 1 else ''}{gradients}).")


def in_our_form(exercise: Exercise, function: Any) -> Any:
    """A right answer, so that a lesson can go on with it: its results are tensors of our kind wherever ours are.

    A list of rows, a number, an array or other precision counts as right as well. Carries the answer itself as
    `.as_written`.
    """
    if exercise.use is not None or inspect.isclass(function):
        return function
    given = exercise.cases[0].fresh()
    ours = _run(exercise, exercise.reference, exercise.cases[0].fresh())

    def like(own: Any, result: Any, arguments: Sequence[Any]) -> Any:
        if not isinstance(own, Tensor):
            return result
        result = _stacked(result) if isinstance(result, (tuple, list)) else torch.as_tensor(result)
        fine = any(isinstance(each, Tensor) and each.dtype == torch.float64 for each in arguments)
        if own.is_floating_point() and result.is_floating_point() and fine:
            return result  # whoever gives float64 wants it back
        return result.to(own.dtype)

    def formed(result: Any, arguments: Sequence[Any]) -> Any:
        if isinstance(ours, tuple):
            return tuple(like(own, each, arguments) for own, each in zip(ours, result, strict=True))
        return like(ours, result, arguments)

    def kinds(result: Any) -> list[Any]:
        return [type(result), *((type(piece), getattr(piece, "dtype", None)) for piece in _pieces(result))]

    try:
        theirs = within_limits(lambda: _run(exercise, function, given))
        if kinds(theirs) == kinds(formed(theirs, list(given.values()))):
            return function
    except (Exception, SystemExit, TooLong, TooLarge):  # right a moment ago: it keeps something from call to call
        return function

    @functools.wraps(function)
    def in_our_tensors(*args: Any, **kwargs: Any) -> Any:
        return formed(function(*args, **kwargs), [*args, *kwargs.values()])

    in_our_tensors.as_written = function  # type: ignore[attr-defined]
    return in_our_tensors


def _judge_values(exercise: Exercise, function: Any, case: Case) -> None:
    want = _run(exercise, exercise.reference, case.fresh())
    given = case.fresh()
    before = {name: value.clone() for name, value in given.items() if isinstance(value, Tensor)}
    got = _call(exercise, function, given, case)
    changed = [name for name, value in before.items() if not _same(given[name], value)]
    if isinstance(got, (tuple, list)) and not isinstance(want, (tuple, list)):
        got = _stacked(got)
    if exercise.measure is not None:
        try:
            measured = exercise.measure(got, case.fresh())
        except Exception:
            measured = got  # of another shape or kind: it is judged as it came
        raw, got, want = got, measured, exercise.measure(want, case.fresh())
    else:
        raw = got
    got, want = _as_tensors(got, want, exercise, case), _tensors(want)
    hint = _first_hint(exercise, Attempt(_unpacked(got), _unpacked(want), case.fresh(), case.label, raw))
    problem = _difference(exercise, got, want)
    if problem:
        raise _Wrong(_lines(hint, problem, case))
    if changed:
        raise _Wrong(
            f"the result is right, but the function changes its argument {changed[0]} in place: whoever calls it still "
            f"needs the old values, and so does autograd. Make a new tensor instead."
        )


def _judge_gradients(exercise: Exercise, function: Any, case: Case) -> None:
    want = _gradients(exercise, exercise.reference, case)
    got = _gradients(exercise, function, case)
    if all(gradient is None for gradient in got.values()):
        raise _Wrong(
            f"the values are right, but no gradient reaches {' or '.join(got)}: nothing could be learned through it. "
            f"Look for .detach(), .item(), .numpy(), torch.tensor(...) or torch.no_grad()."
        )
    for name, expected in want.items():
        gradient = got[name]
        if expected is None:
            continue
        if gradient is None:
            raise _Wrong(f"the values are right, but no gradient reaches {name}: it was detached on its way.")
        if not torch.isfinite(gradient).all():
            where = _index(~torch.isfinite(gradient))
            raise _Wrong(
                f"the values are right, but the gradient for {name} is {_number(gradient[~gradient.isfinite()][0])} "
                f"at {where}: one step of training, and everything is. (case: {case.label})"
            )
        scale = max(float(expected.abs().max()), SMALLEST_SCALE)
        error = (gradient - expected).abs()
        steepest = float(gradient.abs().max()) / scale
        if steepest > 10:
            raise _Wrong(
                f"the values are right, but the gradient for {name} is {steepest:.3g} times as steep as it should be, "
                f"at {_index(error >= 0.999 * error.max())}: next to 0 a logarithm or a root is all slope. Floor what "
                f"goes into it (clamp_min), rather than adding to it. (case: {case.label})"
            )
        if float(error.max()) > exercise.gradient_tolerance * scale:
            raise _Wrong(
                f"the values are right, but the gradient for {name} is off by {float(error.max()) / scale:.0%} of its "
                f"largest value, at {_index(error >= 0.999 * error.max())}: a part of the way is treated as a "
                f"constant, or is another way (a floor that is added, say, in place of one that clamps). "
                f"(case: {case.label})"
            )


def _gradients(exercise: Exercise, function: Any, case: Case) -> dict[str, Tensor | None]:
    """The gradient for each of the case's arguments of a sum of the results that weighs each differently."""
    given = case.fresh()
    inputs = {name: given[name].detach().clone().requires_grad_() for name in case.gradients}
    result = _call(exercise, function, {**given, **inputs}, case, "with a gradient asked for ")
    if exercise.measure is not None:
        with contextlib.suppress(Exception):  # of another shape or kind than its values had: it is judged as it came
            result = exercise.measure(_stacked(result) if isinstance(result, list) else result, case.fresh())
    try:  # a constant among them keeps its place, and so the others theirs
        pieces = [torch.as_tensor(piece) for piece in _pieces(result)]
    except (TypeError, ValueError, RuntimeError):
        pieces = [piece for piece in _pieces(result) if isinstance(piece, Tensor)]
    if not any(piece.requires_grad for piece in pieces):
        return dict.fromkeys(case.gradients)
    flat = torch.cat([piece.reshape(-1) for piece in pieces])  # a list of rows weighs as the rows in one tensor do
    total = (flat * torch.cos(0.7 * torch.arange(flat.numel()))).sum()
    try:
        found = within_limits(lambda: torch.autograd.grad(total, list(inputs.values()), allow_unused=True))
    except (RuntimeError, TooLong, TooLarge) as error:
        if "inplace operation" in str(error):
            raise _Wrong(
                f"the values are right, but no gradient comes through: the function changes in place (y *= 2, "
                f"y[...] = ...) a tensor that the backward pass still needs. Make a new one: y = y * 2. "
                f"(case: {case.label})"
            ) from None
        raise _Wrong(
            f"the values are right, but the backward pass raised {type(error).__name__}. (case: {case.label})"
        ) from None
    return dict(zip(inputs, found, strict=True))


def _run(exercise: Exercise, function: Any, given: Mapping[str, Any]) -> Any:
    """One call, with the same random numbers for everybody."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if exercise.use is not None:
            return exercise.use(function, **given)
        bound = inspect.signature(exercise.reference).bind(**given)  # so that other parameter names do no harm
        return function(*bound.args, **bound.kwargs)


def _call(exercise: Exercise, function: Any, given: Mapping[str, Any], case: Case, how: str = "") -> Any:
    try:
        result = within_limits(lambda: _run(exercise, function, given))
    except NotImplementedError:
        raise
    except Misuse as misuse:
        raise _Wrong(f"{misuse} (case: {case.label})") from None
    except TooLong:
        raise _Wrong(
            f"stopped after {CPU_SECONDS:g} s of work: is there a loop that never ends? (case: {case.label})"
        ) from None
    except TooLarge:
        raise _Wrong(
            f"stopped, as it asked for more than {MEMORY_BYTES / 2**30:.0f} GB of memory: did a shape multiply out "
            f"(broadcasting), or is a size too large? (case: {case.label})"
        ) from None
    except RecursionError:
        raise _Wrong(f"calls itself without end. (case: {case.label})") from None
    except (Exception, SystemExit) as error:
        try:
            message = str(error).strip().partition("\n")[0]
        except Exception:  # the learner's own kind of error, which cannot even say what it is
            message = ""
        raise _Wrong(
            f"{how}it raised {type(error).__name__}{': ' + message if message else ''}{_line_of(error, function)}."
            f" (case: {case.label})"
        ) from None
    if result is None or result is Ellipsis:
        raise _Wrong(f"it returned {result!r}: is a `return` missing?")
    return result


def _line_of(error: BaseException, function: Any) -> str:
    """The line of the learner's own cell that an exception came from."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    files = (
        {code.co_filename}
        if code
        else {
            member.__code__.co_filename
            for member in getattr(function, "__dict__", {}).values()
            if inspect.isfunction(member)
        }
    )
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        if frame.f_code.co_filename in files:
            line = linecache.getline(frame.f_code.co_filename, number).strip()
            return f", in your line `{line}`" if line else ""
    return ""


def _pieces(result: Any) -> Sequence[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def _tensors(result: Any) -> list[Tensor]:
    """Everything as float64 (complex128 where complex), apart from the graph."""
    tensors = [torch.as_tensor(piece).detach().cpu() for piece in _pieces(result)]
    tensors = [each if each.layout == torch.strided else each.to_dense() for each in tensors]
    return [each.to(torch.complex128 if each.is_complex() else torch.float64) for each in tensors]


def _as_tensors(got: Any, want: Any, exercise: Exercise, case: Case) -> list[Tensor]:
    """The learner's results as tensors, as many as ours, or a sentence about their number or kind."""
    if len(_pieces(got)) != len(_pieces(want)):
        raise _Wrong(f"it returned {len(_pieces(got))} result(s) where {len(_pieces(want))} are expected.")
    try:
        return _tensors(got)
    except (TypeError, ValueError, RuntimeError):
        raise _Wrong(f"it returned {_shown(got)}, expected {_shown(want)}. (case: {case.label})") from None


def _stacked(values: tuple | list) -> Any:
    try:
        return torch.stack([torch.as_tensor(value) for value in values])
    except (TypeError, ValueError, RuntimeError):
        return values


def _unpacked(tensors: list[Tensor]) -> Any:
    return tensors[0] if len(tensors) == 1 else tuple(tensors)


def _difference(exercise: Exercise, got: list[Tensor], want: list[Tensor]) -> str:
    """The first thing in which two results differ, in words; nothing if they agree."""
    for index, (mine, ours) in enumerate(zip(got, want, strict=True)):
        which = f"result {index + 1}: " if len(want) > 1 else ""
        if mine.shape != ours.shape:
            return f"{which}shape {list(mine.shape)}, expected {list(ours.shape)}"
        if mine.is_complex() != ours.is_complex():
            return f"{which}{'complex' if mine.is_complex() else 'real'} numbers, not the other kind"
        error = (mine - ours).abs()
        error = torch.where(mine.isnan() & ours.isnan() | (mine == ours), torch.zeros_like(error), error)
        bad = error.isnan() | error.isinf()
        finite = ours[ours.isfinite()].abs()
        scale = max(float(finite.max()) if finite.numel() else 0.0, SMALLEST_SCALE)
        if bad.any():
            where = bad
        elif error.numel() and float(error.max()) > exercise.atol * scale:
            where = error >= 0.999 * error.max()  # the first of those that are as good as equal, on every machine
        else:
            continue
        first = tuple(torch.nonzero(where)[0].tolist()) if ours.ndim else ()
        size = "" if bad.any() else f"largest difference {_number(error.max())}{_unit(exercise)}"
        fewer = max(each.ndim for each in want) - ours.ndim  # axes than the deepest result: the last ones are missing
        place = _place(where, exercise.axes[: max(len(exercise.axes) - fewer, 0)] or ("entry",) * ours.ndim)
        values = f"yours {_number(mine[first])}, expected {_number(ours[first])}{_unit(exercise)}"
        return which + f"{size} {'at ' + place if place else ''} ({values})".strip().replace("  ", " ")
    return ""


def _unit(exercise: Exercise) -> str:
    return f" {exercise.unit}" if exercise.unit else ""


def _place(where: Tensor, axes: tuple[str, ...]) -> str:
    """The first True, by the names of the axes: "sample 0", "frame 3, harmonic 7"."""
    if where.ndim == 0:
        return ""
    index = torch.nonzero(where)[0].tolist()
    names = ("batch",) * (where.ndim - len(axes)) + tuple(axes)
    named = list(zip(names[-where.ndim :], index, where.shape, strict=True))
    shown = [f"{name} {i}" for name, i, size in named if size > 1 or name != "batch"]
    return ", ".join(shown) or f"{named[-1][0]} {named[-1][1]}"


def _index(where: Tensor) -> str:
    """The first True of an argument, as one would write it: "[0, 3]"."""
    return str(torch.nonzero(where)[0].tolist())


def _number(value: Any) -> str:
    value = value.item() if isinstance(value, Tensor) else value
    if isinstance(value, complex):
        return f"{value:.4g}"
    return f"{value:.4g}" if math.isfinite(value) else {math.inf: "infinity", -math.inf: "-infinity"}.get(value, "NaN")


def _shown(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor {list(value.shape)}"
    return f"{type(value).__name__} {value!r:.40}" if isinstance(value, (str, int, float)) else type(value).__name__


def _first_hint(exercise: Exercise, attempt: Attempt) -> str | None:
    for hint in exercise.hints:
        text = _tried(hint, attempt)
        if text:
            return text
    return None


def _tried(hint: Callable[[Attempt], str | None], attempt: Attempt) -> str | None:
    """A hint may stumble over a result of the wrong shape or kind: then it is not its mistake."""
    try:
        return hint(attempt)
    except Exception:
        return None


def _same(now: Any, before: Tensor) -> bool:
    return (
        isinstance(now, Tensor)
        and now.shape == before.shape
        and bool(torch.equal(now.nan_to_num(), before.nan_to_num()))
    )


def _lines(hint: str | None, problem: str, case: Case) -> str:
    measured = f"{problem[0].upper()}{problem[1:]}, in the case: {case.label}."
    return f"{hint}\n    {measured}" if hint else measured
