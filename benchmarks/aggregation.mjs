/**
 * Folding speed: 200 clients × 1,000,000 positions, half of them live at random, 8 clients' data in rotation.
 * Prints JSON: ns per live position (best of 3 folds) of both aggregators, and of NumPy's masked weighted mean over
 * packed values and bits of the same sizes (by index: faster here than by boolean mask or dense). `PYTHON=python3 node benchmarks/aggregation.mjs` after `npm run build`.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { sharedExclusive, weightedMean } from '@perfit/aggregation';
import { architectureFrom } from '@perfit/lora';

const POSITIONS = Number(process.env.POSITIONS ?? 1_000_000);
const CLIENTS = Number(process.env.CLIENTS ?? 200);
const DISTINCT = 8;
const REPEATS = 3;

let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

const layout = { sites: [], slots: [], rank: 1, size: POSITIONS };
const uploads = Array.from({ length: DISTINCT }, () => {
  const mask = architectureFrom(POSITIONS, () => random() < 0.5);
  return { mask, architecture: mask, values: Float32Array.from({ length: mask.live }, () => random() - 0.5) };
});
const live = Array.from({ length: CLIENTS }, (_, i) => uploads[i % DISTINCT].mask.live).reduce((a, b) => a + b);

function foldTime(aggregator) {
  const context = { layout, round: 1, random, registered: () => undefined };
  const start = process.hrtime.bigint();
  const fold = aggregator.fold(aggregator.initialize(layout, new Float32Array(POSITIONS)), context);
  for (let i = 0; i < CLIENTS; i++)
    fold.add({ client: `c${i}`, ...uploads[i % DISTINCT], examples: 1 + (i % 7), metrics: {} });
  fold.finish();
  return Number(process.hrtime.bigint() - start) / live;
}

const best = (aggregator) => Math.min(...Array.from({ length: REPEATS }, () => foldTime(aggregator)));

const NUMPY = `
import json, time, numpy as np
P, N, D, R = ${POSITIONS}, ${CLIENTS}, ${DISTINCT}, ${REPEATS}
rng = np.random.default_rng(1)
masks = [np.packbits(rng.random(P) < 0.5, bitorder='little') for _ in range(D)]
lives = [int(np.unpackbits(m, bitorder='little', count=P).sum()) for m in masks]
values = [(rng.random(n) - 0.5).astype(np.float32) for n in lives]
best = float('inf')
for _ in range(R):
    start = time.perf_counter()
    total, weight, live = np.zeros(P), np.zeros(P), 0
    for i in range(N):
        n = 1 + i % 7
        p = np.flatnonzero(np.unpackbits(masks[i % D], bitorder='little', count=P))
        v = values[i % D]
        assert np.isfinite(v).all()
        total[p] += n * v.astype(np.float64)
        weight[p] += n
        live += len(v)
    mean = np.divide(total, weight, out=np.zeros(P), where=weight > 0).astype(np.float32)
    best = min(best, (time.perf_counter() - start) * 1e9 / live)
print(json.dumps({'version': np.__version__, 'nsPerLivePosition': best}))
`;

function numpy() {
  try {
    return JSON.parse(
      execFileSync(process.env.PYTHON ?? 'python3', ['-c', NUMPY], { encoding: 'utf8', stdio: 'pipe' }),
    );
  } catch (error) {
    return { skipped: String(error.message).split('\n')[0] };
  }
}

const report = {
  machine: { cpu: cpus()[0].model, node: process.version },
  clients: CLIENTS,
  positions: POSITIONS,
  livePositions: live,
  nsPerLivePosition: { 'weighted-mean': best(weightedMean()), 'shared-exclusive': best(sharedExclusive()) },
  numpy: numpy(),
};
console.log(JSON.stringify(report, null, 2));
