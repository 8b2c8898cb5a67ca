"""Golden numbers for @perfit/aggregation: FedAvgM, FedAdagrad, FedAdam and FedYogi over five rounds of three clients.

    python tools/golden/aggregation_server_rules.py packages/aggregation/src/server-rules/server-rules.golden.json

FedAvgM and FedAdagrad are torch.optim.SGD and torch.optim.Adagrad on the pseudo-gradient −Δ; Adam and Yogi without bias
correction are not in torch, so Algorithm 2 of Reddi et al. (2021) stands here in f64.
"""

import json
import pathlib
import sys

import torch

POSITIONS, CLIENTS, ROUNDS, RATE, TAU, MOMENTUM, BETA1, BETA2 = 6, 3, 5, 0.05, 0.02, 0.8, 0.7, 0.9

torch.manual_seed(20210303)
start = torch.randn(POSITIONS)
examples = torch.randint(1, 30, (ROUNDS, CLIENTS))
values = start + torch.randn(ROUNDS, CLIENTS, POSITIONS) * torch.logspace(-3, 0, POSITIONS)
weights = (examples / examples.sum(1, keepdim=True)).double()
means = torch.einsum("rc,rcp->rp", weights, values.double())


def by_optimiser(make):
    g = torch.nn.Parameter(start.double())
    optimiser, path = make([g]), []
    for mean in means:
        g.grad = g.detach() - mean
        optimiser.step()
        path.append(g.detach().tolist())
    return path


def by_algorithm(second):
    g, m, v, path = start.double(), torch.zeros(POSITIONS), torch.full((POSITIONS,), TAU**2).double(), []
    for mean in means:
        delta = mean - g
        m = BETA1 * m + (1 - BETA1) * delta
        v = second(v, delta**2)
        g = g + RATE * m / (v.sqrt() + TAU)
        path.append(g.tolist())
    return path


golden = {
    "torch": torch.__version__.split("+")[0],
    "options": {"learningRate": RATE, "tau": TAU, "momentum": MOMENTUM, "beta1": BETA1, "beta2": BETA2},
    "start": start.tolist(),
    "examples": examples.tolist(),
    "values": values.tolist(),
    "fed-avg-m": by_optimiser(lambda g: torch.optim.SGD(g, lr=RATE, momentum=MOMENTUM)),
    "fed-adagrad": by_optimiser(
        lambda g: torch.optim.Adagrad(g, lr=RATE, eps=TAU, initial_accumulator_value=TAU**2)
    ),
    "fed-adam": by_algorithm(lambda v, square: BETA2 * v + (1 - BETA2) * square),
    "fed-yogi": by_algorithm(lambda v, square: v - (1 - BETA2) * square * torch.sign(v - square)),
}
pathlib.Path(sys.argv[1]).write_text(json.dumps(golden) + "\n")
