/**
 * What the search costs: a PerFIT round against a FedIT round of the same steps on the same examples, by importance, and
 * second-order statistics against one plain backward pass. All sides are ours.
 *
 *   npm run build && node benchmarks/search.mjs [--data DIR] [--model DIR] [--clients 2] [--steps 10] [--batch 8]
 *     [--tokens 160] [--importances first,second,mixed] [--passes 5] [--repeats 2] [--threads N] [--quick] [--record]
 *
 * A round is the local steps of every client, the search's own among them, without evaluation. PerFIT searches at twice
 * the rank (expansion 2), in four iterations.
 */
import { resolve } from 'node:path';
import { randomStreams } from '@perfit/runtime';
import { readOptions } from './shared/options.mjs';
import { alternate, ours } from './shared/processes.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { clientsOf, drawBatches } from './shared/rows.mjs';
import { pairedRatio, spread } from './shared/statistics.mjs';
import { LORA, plain, prepare } from './shared/training.mjs';

const options = readOptions(
  { clients: 2, steps: 10, batch: 8, tokens: 160, importances: 'first,second,mixed', passes: 5 },
  { clients: 1, steps: 2, batch: 4, tokens: 48, importances: 'second', passes: 2 },
);
const { steps, batch, tokens, threads, passes } = options;
const { model, adapter, write } = await prepare(options, { start: 'symmetric' });
const clients = await clientsOf({ ...options, model, maxTokens: tokens });

const configuration = {
  ...{ model, data: { path: options.data === 'embedded' ? 'embedded' : resolve(options.data), testRows: 1 }, seed: 1 },
  ...{ rounds: 1, steps, batchSize: batch, maxTokens: tokens, learningRate: 1e-3, ...LORA, validation: { share: 0 } },
  partitioner: { name: 'field', field: 'client', values: clients.map(({ id }) => id) },
  search: { iterations: Math.min(4, steps), stepsBetween: 1 },
};
const method = (entry) => ours('federated-run', { threads, configuration: { ...configuration, methods: [entry] } });
const importances = options.importances.split(',');
const runs = alternate(
  'search',
  {
    fedit: method('fedit'),
    ...Object.fromEntries(
      importances.map((importance) => [importance, method({ name: importance, method: 'perfit', importance })]),
    ),
  },
  options.repeats,
);
const of = (side, key) => runs[side].map(({ rounds: [round] }) => round[key]);
const figures = { 'fedit: round ms': spread(of('fedit', 'trainingMs')) };
const ratios = {};
for (const importance of importances) {
  figures[`${importance}: round ms`] = spread(of(importance, 'trainingMs'));
  ratios[`${importance}: round against fedit`] = pairedRatio(of(importance, 'trainingMs'), of('fedit', 'trainingMs'));
  ratios[`${importance}: round's processor time against fedit`] = pairedRatio(
    of(importance, 'trainingCpuMs'),
    of('fedit', 'trainingCpuMs'),
  );
}

const [{ id, train }] = clients;
const batches = drawBatches({
  examples: train,
  batchSize: batch,
  random: randomStreams(1).stream('batches', id, 1),
  count: 1,
});
const file = write(
  'batches.json',
  batches.map((examples) => examples.map(plain)),
);
const statistics = alternate(
  'search statistics',
  { perfit: ours('statistics', { model, adapter, batches: file, threads, passes }) },
  options.repeats,
);
const measured = (name, key) => statistics.perfit.flatMap((one) => one.measured[name][key]);
for (const [over, under] of [
  ['backward, second order', 'backward, first order'],
  ['step, first order', 'step'],
  ['step, second order', 'step'],
]) {
  figures[`${over}: ms`] = spread(measured(over, 'milliseconds'));
  ratios[`${over} against ${under}`] = pairedRatio(measured(over, 'milliseconds'), measured(under, 'milliseconds'));
  ratios[`${over} against ${under}, processor time`] = pairedRatio(
    measured(over, 'cpuMilliseconds'),
    measured(under, 'cpuMilliseconds'),
  );
}
tell({
  ...{ benchmark: 'search', options, figures, ratios },
  versions: versionsOf({ ...runs, ...statistics }),
  results: { peakBytes: Object.fromEntries(Object.entries(runs).map(([side, [one]]) => [side, one.peakBytes])) },
});
