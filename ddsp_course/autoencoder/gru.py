"""The GRU of torch.nn with a backward pass made for laptops: one product for all steps instead of one a step."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class QuickGRU(nn.GRU):
    """torch.nn.GRU with one layer, batch first; training it on a CPU takes two thirds of the time.

    inputs [batch, frames, input_size], state before them [1, batch, hidden_size] (None: zeros) -> (states [batch,
    frames, hidden_size], last state [1, batch, hidden_size]). The weights, their names and the results are
    torch.nn.GRU's own; off the CPU, without gradients, from a state, or under autocast, so is the code.
    Lesson 10.   Cho et al. 2014, arXiv:1406.1078
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        on_cpu = inputs.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
        if not on_cpu or not torch.is_grad_enabled() or state is not None:
            return super().forward(inputs, state)
        n = self.hidden_size
        reset_update, new = self.bias_hh_l0.split([2 * n, n])
        # The candidate's own bias stays inside the product with the reset gate; the others can be added beforehand.
        bias = self.bias_ih_l0 + torch.cat([reset_update, torch.zeros_like(new)])
        driven = F.linear(inputs.transpose(0, 1), self.weight_ih_l0, bias)
        states = _Recurrence.apply(driven, self.weight_hh_l0, new).transpose(0, 1)
        return states, states[:, -1][None]


class _Recurrence(torch.autograd.Function):
    """driven [steps, batch, 3 * n] (reset, update, candidate), weight [3 * n, n], bias [n] -> states [steps, batch, n].

    With gates r, z and candidate c:  c = tanh(driven_c + r * (W_c h + b)),  h' = c + z * (h - c).
    """

    @staticmethod
    def forward(ctx, driven: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        steps, batch, n = driven.shape[0], driven.shape[1], weight.shape[1]
        states = driven.new_zeros(steps + 1, batch, n)
        gates, candidates, recalled = (driven.new_empty(steps, batch, width) for width in (2 * n, n, n))
        weight_gates, weight_candidate = (part.t().contiguous() for part in weight.split([2 * n, n]))
        driven_gates, driven_candidate = (part.contiguous() for part in driven.split([2 * n, n], dim=-1))
        for step in range(steps):
            state = states[step]
            gate = torch.addmm(driven_gates[step], state, weight_gates, out=gates[step]).sigmoid_()
            recall = torch.addmm(bias, state, weight_candidate, out=recalled[step])
            candidate = torch.addcmul(driven_candidate[step], gate[:, :n], recall, out=candidates[step]).tanh_()
            torch.lerp(candidate, state, gate[:, n:], out=states[step + 1])
        ctx.save_for_backward(states, gates, candidates, recalled, weight)
        return states[1:]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        states, gates, candidates, recalled, weight = ctx.saved_tensors
        steps, batch, n = candidates.shape
        before, reset, update = states[:-1], gates[..., :n], gates[..., n:]
        # How each pre-activation moves the next state; only the state's own gradient has to be walked back in time.
        to_candidate = (1 - update) * (1 - candidates.square())
        local = torch.stack(
            [
                to_candidate * recalled * reset * (1 - reset),
                (before - candidates) * update * (1 - update),
                to_candidate * reset,
            ],
            dim=2,
        )
        flowing, hidden = torch.empty_like(candidates), torch.empty_like(local)
        back = torch.zeros_like(candidates[0])
        for step in range(steps - 1, -1, -1):
            flow = torch.add(gradient[step], back, out=flowing[step])
            torch.mul(flow[:, None], local[step], out=hidden[step])
            back = torch.addmm(flow * update[step], hidden[step].view(batch, 3 * n), weight)
        for_driven = hidden.clone()
        torch.mul(flowing, to_candidate, out=for_driven[:, :, 2])
        for_weight = hidden.view(steps * batch, 3 * n).t() @ before.reshape(steps * batch, n)
        return for_driven.view(steps, batch, 3 * n), for_weight, hidden[:, :, 2].sum((0, 1))
