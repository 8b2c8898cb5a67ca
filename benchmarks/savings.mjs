/**
 * What an architecture saves of a training step, against plain LoRA of rank 8: the lower half of the layers empty, without
 * and with their hidden states from the cache; half of the rank components, or half of the positions, of an adapter of
 * rank 16 (expansion 2); and what activation checkpointing costs. All sides are ours.
 *
 *   npm run build && node benchmarks/savings.mjs [--model DIR] [--cases 4x256:f32,4x256:bf16] [--steps 8] [--seconds 20]
 *     [--repeats 2] [--threads N] [--quick] [--record]
 *
 * Every step has the same batch, so that from the second on the cache holds it. Peak memory is the process's.
 */
import { join } from 'node:path';
import { readOptions } from './shared/options.mjs';
import { alternate, ours, scratchFolder } from './shared/processes.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { pairedRatio, spread } from './shared/statistics.mjs';
import {
  ADAMW,
  computable,
  LORA,
  parseCase,
  prepare,
  startAdapter,
  summariseSteps,
  syntheticBatch,
} from './shared/training.mjs';

const options = readOptions(
  { cases: '4x256:f32,4x256:bf16', steps: 8, seconds: 20 },
  { cases: '2x32:f32', steps: 3, seconds: 5 },
);
const { steps, seconds, threads } = options;
const { model, adapter, config, bf16, write } = await prepare(options, { start: 'symmetric' });
const folder = scratchFolder();
const wide = startAdapter({ model, threads, folder, start: 'symmetric', rank: 2 * LORA.rank }).adapter;
const figures = {};
const ratios = {};
const results = {};
let versions = {};
for (const name of computable(options.cases.split(','), (name) => parseCase(name).dtype, bf16, results)) {
  const { rows, length, dtype } = parseCase(name);
  const batches = write(`${name}.json`, [syntheticBatch(config, rows, length)]);
  const job = { model, adapter, batches, dtype, steps, seconds, threads, ...ADAMW };
  const half = { ...job, live: 'upper half of the layers' };
  const side = (more) => ours('train-steps', { ...job, ...more });
  const runs = alternate(
    `savings ${name}`,
    {
      plain: side({}),
      'upper half': side(half),
      'upper half, cached': side({ ...half, hiddenStates: join(folder, name) }),
      'half of the components of rank 16': side({ adapter: wide, live: 'half of the components' }),
      'half of the positions of rank 16': side({ adapter: wide, live: 'half of the positions' }),
      checkpointing: side({ checkpointing: true }),
    },
    options.repeats,
  );
  const { plain, ...others } = Object.fromEntries(
    Object.entries(runs).map(([kind, all]) => [kind, summariseSteps(all, () => rows * length)]),
  );
  figures[`${name}: plain, tokens/s`] = spread(plain.perSecond);
  for (const [kind, one] of Object.entries(others)) {
    // Rates are inverted: a ratio is of times.
    ratios[`${name}: step, ${kind}, against plain`] = pairedRatio(plain.perSecond, one.perSecond);
    ratios[`${name}: step, ${kind}, against plain, processor time`] = pairedRatio(
      plain.perProcessorSecond,
      one.perProcessorSecond,
    );
    ratios[`${name}: peak bytes, ${kind}, against plain`] = pairedRatio(one.peakBytes, plain.peakBytes);
  }
  results[name] = {
    plain,
    ...others,
    live: Object.fromEntries(Object.entries(runs).map(([kind, [one]]) => [kind, one.live])),
  };
  versions = { ...versions, ...versionsOf(runs) };
}
tell({ benchmark: 'savings', options, versions, figures, ratios, results });
