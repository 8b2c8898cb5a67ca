/**
 * Several clients' steps in one pass of the frozen model (`clientsAtOnce`) against one client after the other, on real
 * batches of differing lengths. All sides are ours.
 *
 *   npm run build && node benchmarks/clients-at-once.mjs --data DIR [--model DIR] [--sizes 2,4,8] [--steps 24] [--batch 4]
 *     [--tokens 160] [--dtypes f32,bf16] [--repeats 2] [--threads N] [--quick] [--record]
 *
 * `steps` counts those of all clients; every side takes the same batches. Told are tokens a second and peak memory.
 */
import { readOptions } from './shared/options.mjs';
import { alternate, ours } from './shared/processes.mjs';
import { realBatches } from './shared/real-batches.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { pairedRatio, spread, sum } from './shared/statistics.mjs';
import { ADAMW, computable, plain, prepare, sizes, summariseSteps } from './shared/training.mjs';

const options = readOptions(
  { batch: 4, tokens: 160, steps: 24, sizes: '2,4,8', dtypes: 'f32,bf16' },
  { batch: 2, tokens: 48, steps: 4, sizes: '2', dtypes: 'f32' },
);
const { steps, threads } = options;
const { model, adapter, bf16, write } = await prepare(options, { start: 'symmetric' });
const drawn = await realBatches({ ...options, model });
const tokens = drawn.map((examples) => sum(sizes(examples).map((size) => size.tokens)));
const batches = write(
  'batches.json',
  drawn.map((examples) => examples.map(plain)),
);
const counts = options.sizes.split(',').map(Number);
const results = { tokensPerBatch: sum(tokens) / steps };
const figures = {};
const ratios = {};
let versions = {};
for (const dtype of computable(options.dtypes.split(','), (dtype) => dtype, bf16, results)) {
  const job = { model, adapter, batches, dtype, seconds: Number.MAX_VALUE, threads, ...ADAMW };
  const side = (clients) => ours('train-steps', { ...job, clients, apart: true, steps: steps / clients });
  const runs = alternate(
    `clients-at-once ${dtype}`,
    Object.fromEntries([1, ...counts].map((clients) => [clients, side(clients)])),
    options.repeats,
  );
  const tokensOf = (clients) => (step) => sum(tokens.slice(step * clients, (step + 1) * clients));
  const all = Object.fromEntries(
    Object.entries(runs).map(([clients, some]) => [clients, summariseSteps(some, tokensOf(Number(clients)))]),
  );
  figures[`${dtype}: one at a time, tokens/s`] = spread(all[1].perSecond);
  for (const clients of counts) {
    ratios[`${dtype}: tokens/s, ${clients} at once against one`] = pairedRatio(
      all[clients].perSecond,
      all[1].perSecond,
    );
    ratios[`${dtype}: peak bytes, ${clients} at once against one`] = pairedRatio(
      all[clients].peakBytes,
      all[1].peakBytes,
    );
  }
  results[dtype] = all;
  versions = { ...versions, ...versionsOf(runs) };
}
tell({ benchmark: 'clients-at-once', options, versions, figures, ratios, results });
