"""Golden numbers for @perfit/aggregation: robust rules over nine clients under masks, two of them far off.

    python tools/golden/aggregation_robust.py packages/aggregation/src/aggregators/robust.golden.json

NumPy in f64, dense: positions that a client did not send are NaN, and for whole vectors the server's g.
"""

import json
import pathlib
import sys

import numpy as np

CLIENTS, POSITIONS, BYZANTINE, SELECT, TRIM, RADIUS, ITERATIONS = 9, 6, 2, 4, 0.25, 2.0, 3

random = np.random.default_rng(20180703)
point = random.normal(size=POSITIONS).astype(np.float32)
values = (point + 0.5 * random.normal(size=(CLIENTS, POSITIONS)) + 0.3).astype(np.float32)
values[:BYZANTINE] = point - 10 * (values[:BYZANTINE] - point)
sent = random.random((CLIENTS, POSITIONS)) < 0.75
sent[:, 0], sent[:, 1] = True, False  # one that all send, one that nobody does
only = np.where(sent, values, np.nan).astype(np.float64)
dense = np.where(sent, values, point).astype(np.float64)


def per_position(statistic):
    columns = (column[~np.isnan(column)] for column in only.T)
    return [float(statistic(np.sort(column))) if len(column) else float(g) for column, g in zip(columns, point)]


def trimmed(column):
    cut = min(max(1, int(TRIM * len(column))), (len(column) - 1) // 2)
    return column[cut : len(column) - cut].mean()


def holders_mean(rows):
    return [float(np.nanmean(only[rows, p])) if sent[rows, p].any() else float(point[p]) for p in range(POSITIONS)]


squares = ((dense[:, None] - dense[None]) ** 2).sum(-1)
np.fill_diagonal(squares, np.inf)
ranking = np.argsort(np.sort(squares, axis=1)[:, : CLIENTS - BYZANTINE - 2].sum(1))

centre = point.astype(np.float64)
for _ in range(ITERATIONS):
    change = np.where(sent, only - centre, 0.0)
    change *= np.minimum(1, RADIUS / np.linalg.norm(change, axis=1, keepdims=True))
    centre = centre + change.sum(0) / np.maximum(1, sent.sum(0))

golden = {
    "numpy": np.__version__,
    "options": {"byzantine": BYZANTINE, "select": SELECT, "trim": TRIM, "radius": RADIUS, "iterations": ITERATIONS},
    "point": point.tolist(),
    "sent": sent.astype(int).tolist(),
    "values": values.tolist(),
    "median": per_position(np.median),
    "trimmed-mean": per_position(trimmed),
    "krum": holders_mean(ranking[:1]),
    "multi-krum": holders_mean(ranking[:SELECT]),
    "centred-clipping": centre.tolist(),
}
pathlib.Path(sys.argv[1]).write_text(json.dumps(golden) + "\n")
