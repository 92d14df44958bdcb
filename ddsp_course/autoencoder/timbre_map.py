"""What a latent z has learned: asked by a linear probe, and laid out as a map."""

from __future__ import annotations

import torch
from torch import Tensor

from ddsp_course.data import CourseError


def ridge(inputs: Tensor, targets: Tensor, strength: float = 1e-3) -> Tensor:
    """The straight-line rule that predicts targets best, held back by a pull towards small weights.

    inputs [examples, d], targets [examples, k] -> weights [d + 1, k], the last row a constant that is not pulled:
    predictions are inputs @ weights[:-1] + weights[-1]. strength is relative to one example. A probe for classes takes
    targets of one 1 a row. Raises CourseError unless both have as many rows.
    Lesson 20.   Hoerl and Kennard 1970; as a probe: Alain and Bengio 2016, arXiv:1610.01644
    """
    if inputs.ndim != 2 or targets.ndim != 2 or len(inputs) != len(targets) or len(inputs) == 0:
        raise CourseError(
            f"A probe learns from inputs [examples, d] and targets [examples, k] of as many examples, not from "
            f"{list(inputs.shape)} and {list(targets.shape)}."
        )
    if not strength >= 0:
        raise CourseError(f"strength must be 0 or more, not {strength}.")
    centre, middle = inputs.mean(dim=0), targets.mean(dim=0)
    x, y = inputs - centre, targets - middle
    pull = len(x) * strength * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    weights = torch.linalg.solve(x.T @ x + pull, x.T @ y)
    return torch.cat([weights, (middle - centre @ weights)[None]])


def explained_variance(predicted: Tensor, truth: Tensor) -> Tensor:
    """How much better a prediction is than always saying the mean: 1 is perfect, 0 no better, below 0 worse.

    predicted and truth, any one shape -> scalar ("R squared", on whatever examples it is given).
    Raises CourseError for two shapes, and for a truth that does not vary.   Lesson 20.
    """
    if predicted.shape != truth.shape:
        raise CourseError(f"A prediction {list(predicted.shape)} and a truth {list(truth.shape)} must have one shape.")
    spread = (truth - truth.mean()).square().sum()
    if not spread > 0:
        raise CourseError("The truth is one number throughout: there is nothing to explain.")
    return 1 - (predicted - truth).square().sum() / spread


def principal_axes(points: Tensor, n_axes: int = 2) -> Tensor:
    """The directions in which points differ most: a map's axes.

    points [points, d] -> [n_axes, d], orthonormal rows, the widest first; of the two ways that each may point, the one
    whose largest number is positive. (points - mean) @ axes.T are the places on the map.
    Raises CourseError for more axes than there are.   Lesson 20.   Pearson 1901; by SVD: Eckart and Young 1936
    """
    if points.ndim != 2 or not 1 <= n_axes <= min(points.shape):
        raise CourseError(f"Points {list(points.shape)} have no {n_axes} axes: give [points, d] with enough of both.")
    axes = torch.linalg.svd(points - points.mean(dim=0), full_matrices=False).Vh[:n_axes]
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    return axes * largest.sign()
