/**
 * Loss curves over the same real batches: what bf16, checkpointing, the hidden-state cache and other clients in the same pass change
 * of the numbers, and how far ours are from PyTorch + PEFT's, which pads where ours lays examples end to end.
 *
 *   npm run build && node benchmarks/curves.mjs --data DIR [--model DIR] [--steps 50] [--batch 4] [--tokens 160]
 *     [--rate 1e-3] [--kinds best] [--threads N] [--only-ours] [--quick] [--record]
 *
 * Told is for every pair the largest difference of a step's loss, divided by the largest loss: the sides must start alike
 * and drift apart no faster than rounding does. `results` has the curves.
 */
import { join } from 'node:path';
import { readOptions } from './shared/options.mjs';
import { alternate, baselines, ours, scratchFolder } from './shared/processes.mjs';
import { realBatches } from './shared/real-batches.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { largestDifference, spread } from './shared/statistics.mjs';
import { ADAMW, plain, prepare } from './shared/training.mjs';

const options = readOptions(
  { batch: 4, tokens: 160, steps: 50, rate: 1e-3, kinds: 'best' },
  { batch: 2, tokens: 48, steps: 3 },
);
const { steps, threads, rate } = options;
const { model, adapter, bf16, write } = await prepare(options, { start: 'symmetric' });
const drawn = await realBatches({ ...options, model });
const batches = write(
  'batches.json',
  drawn.map((examples) => examples.map(plain)),
);
const weightDecay = ADAMW.weightDecay;
const job = { model, adapter, batches, steps, seconds: Number.MAX_VALUE, threads, learningRate: rate, weightDecay };
const side = (more = {}) => ours('train-steps', { ...job, dtype: 'f32', ...more });
const half = { live: 'upper half of the layers' };
const { sides, missing } = baselines(options, 'train_steps', { ...job, dtype: 'f32' });
const runs = alternate(
  'curves',
  {
    f32: side(),
    checkpointing: side({ checkpointing: true }),
    'with two clients more': side({ clients: 3 }),
    'upper half': side(half),
    'upper half, cached': side({ ...half, hiddenStates: join(scratchFolder(), 'states') }),
    ...(bf16 ? { bf16: side({ dtype: 'bf16' }) } : {}),
    ...sides,
  },
  1,
);
const losses = Object.fromEntries(Object.entries(runs).map(([name, [one]]) => [name, one.losses]));
const pairs = [
  ['checkpointing', 'f32'],
  ['with two clients more', 'f32'],
  ['upper half, cached', 'upper half'],
  ...(bf16 ? [['bf16', 'f32']] : []),
  ...Object.keys(sides).map((kind) => ['f32', kind]),
];
const figures = Object.fromEntries(
  pairs.map(([a, b]) => [`${a} against ${b}, largest difference`, spread([largestDifference(losses[a], losses[b])])]),
);
tell({
  benchmark: 'curves',
  options,
  baseline: missing,
  versions: versionsOf(runs),
  figures: { ...figures, 'f32: loss of the last step': spread([losses.f32.at(-1)]) },
  results: { losses },
});
