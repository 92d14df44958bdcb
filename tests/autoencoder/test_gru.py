"""The quick GRU is torch's GRU: the same numbers, the same gradients, in less time."""

import time

import torch
from torch import nn

from ddsp_course.autoencoder.gru import QuickGRU


def pair(inputs: int, hidden: int) -> tuple[QuickGRU, nn.GRU]:
    torch.manual_seed(0)
    quick, plain = QuickGRU(inputs, hidden), nn.GRU(inputs, hidden, batch_first=True)
    plain.load_state_dict(quick.state_dict())
    return quick, plain


def test_states_and_every_gradient_are_those_of_torch():
    quick, plain = pair(3, 7)
    inputs = torch.randn(2, 11, 3, requires_grad=True)
    weights = torch.randn(2, 11, 7)
    found = []
    for module in (quick, plain):
        states, last = module(inputs)
        loss = (states * weights).sum() + last.square().sum()
        found.append([states, last, *torch.autograd.grad(loss, [inputs, *module.parameters()])])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_its_gradient_is_right_in_double_precision():
    quick, _ = pair(2, 3)
    quick = quick.double()
    inputs = torch.randn(2, 4, 2, dtype=torch.float64, requires_grad=True)
    names = [name for name, _ in quick.named_parameters()]
    values = [value.detach().clone().requires_grad_() for value in quick.parameters()]

    def states(x, *parameters):
        return torch.func.functional_call(quick, dict(zip(names, parameters, strict=True)), x)[0]

    assert torch.autograd.gradcheck(states, (inputs, *values))


def test_without_gradients_it_gives_the_same_states():
    quick, _ = pair(2, 16)
    inputs = torch.randn(1, 50, 2)
    with torch.no_grad():
        still = quick(inputs)[0]
    torch.testing.assert_close(still, quick(inputs)[0].detach())


def test_training_it_is_quicker_than_torchs():
    """CPU time of forward and backward at the size of `tiny`; measured 0.6, so 0.9 leaves room for a busy machine."""
    quick, plain = pair(2, 256)
    inputs = torch.randn(8, 200, 2)

    def cpu_seconds(module) -> float:
        started = time.process_time()
        module(inputs)[0].sum().backward()
        return time.process_time() - started

    ratios = sorted(cpu_seconds(quick) / cpu_seconds(plain) for _ in range(7))
    assert ratios[3] < 0.9


def test_under_autocast_it_learns_as_torchs_does():
    quick, slow = pair(3, 8)
    pulls = []
    with torch.autocast("cpu", torch.bfloat16):
        for network in (quick, slow):
            states, _ = network(torch.ones(2, 5, 3))
            pulls.append(torch.autograd.grad(states.float().sum(), network.weight_hh_l0)[0])
    assert torch.equal(*pulls) and pulls[0].abs().sum() > 0
