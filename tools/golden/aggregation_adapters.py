"""Golden numbers for @perfit/aggregation: rules over adapters of three ranks, two sites and two rounds, in NumPy.

    python tools/golden/aggregation_adapters.py packages/aggregation/src/aggregators/adapters.golden.json

theta lies as createLayout lays it: site by site, A [R, in] and then B [out, R], zero beyond a client's rank.
"""

import json
import pathlib
import sys

import numpy as np

SITES = [("a", 6, 5), ("b", 4, 7)]
RANK, SCALE, ALPHA, SIGMA = 3, 1.5, 2.0, 9.0
CLIENTS = [("x", 3, 5), ("y", 1, 2), ("z", 2, 9)]
draw = np.random.default_rng(20240909)


def theta_of(rank):
    """A and B of every site, in f32."""
    parts = []
    for _, width, out in SITES:
        a, b = draw.normal(size=(RANK, width)), draw.normal(size=(out, RANK))
        a[rank:], b[:, rank:] = 0, 0
        parts.append((a.astype(np.float32).astype(float), b.astype(np.float32).astype(float)))
    return parts


flat = lambda parts: np.concatenate([np.concatenate([a.ravel(), b.ravel()]) for a, b in parts]).tolist()
cut = lambda parts, rank: [(np.where(np.arange(RANK)[:, None] < rank, a, 0), np.where(np.arange(RANK) < rank, b, 0)) for a, b in parts]
products = lambda parts: [b @ a for a, b in parts]
rounds = [[theta_of(rank) for _, rank, _ in CLIENTS] for _ in range(2)]
start = theta_of(RANK)
share = np.array([examples for *_, examples in CLIENTS]) / sum(examples for *_, examples in CLIENTS)
mean = lambda clients, weights: [
    (sum(w * c[s][0] for w, c in zip(weights, clients)), sum(w * c[s][1] for w, c in zip(weights, clients)))
    for s in range(len(SITES))
]
mean_product = lambda clients: [sum(w * products(c)[s] for w, c in zip(share, clients)) for s in range(len(SITES))]
listed = lambda matrices: [m.ravel().tolist() for m in matrices]

flora, fed_ex = [0 * m for m in products(start)], [0 * m for m in products(start)]
expected = {"flora": [], "fedExLora": [], "flexLora": [], "hetLora": []}
for clients in rounds:
    begun = mean_product([cut(start, rank) for _, rank, _ in CLIENTS])
    flora = [f + SCALE * (m - b) for f, m, b in zip(flora, mean_product(clients), begun)]
    expected["flora"].append(listed(flora))

    averaged = mean(clients, share)
    fed_ex = [f + SCALE * (m - p) for f, m, p in zip(fed_ex, mean_product(clients), products(averaged))]
    expected["fedExLora"].append({"g": flat(averaged), "residual": listed(fed_ex)})

    cuts = []
    for matrix in mean_product(clients):
        u, s, vt = np.linalg.svd(matrix, full_matrices=False)
        sign = np.sign(u[np.abs(u).argmax(0), range(u.shape[1])])
        cuts.append(((np.sqrt(s) * sign)[:RANK, None] * vt[:RANK], (u * np.sqrt(s) * sign)[:, :RANK]))
    expected["flexLora"].append(flat(cuts))

    norms = np.array([np.sqrt(sum((p**2).sum() for p in products(c))) for c in clients])
    expected["hetLora"].append(flat(mean(clients, norms / norms.sum())))

# FedAMP over full vectors: xi_ij = alpha A'(|w_i - w_j|^2), A(x) = 1 - exp(-x / sigma).
w = draw.normal(size=(3, 66)).astype(np.float32).astype(float) * 0.3
w = w.astype(np.float32).astype(float)
square = ((w[:, None] - w[None]) ** 2).sum(-1)
xi = ALPHA * np.exp(-square / SIGMA) / SIGMA
np.fill_diagonal(xi, 0)
np.fill_diagonal(xi, 1 - xi.sum(1))

pathlib.Path(sys.argv[1]).write_text(
    json.dumps(
        {
            "numpy": np.__version__,
            "sites": [{"name": n, "in": i, "out": o} for n, i, o in SITES],
            "rank": RANK,
            "scale": SCALE,
            "start": flat(start),
            "clients": [{"client": c, "rank": r, "examples": n} for c, r, n in CLIENTS],
            "rounds": [[flat(c) for c in clients] for clients in rounds],
            "expected": expected,
            "fedAmp": {"alpha": ALPHA, "sigma": SIGMA, "values": w.tolist(), "messages": (xi @ w).tolist()},
        }
    )
    + "\n"
)
