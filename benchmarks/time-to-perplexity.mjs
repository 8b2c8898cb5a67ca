/**
 * Seconds from the start of the process to the perplexity that a baseline's FedIT ends with, loading of the model included.
 *
 *   npm run build && node benchmarks/time-to-perplexity.mjs --data DIR [--model DIR] [--methods fedit,perfit]
 *     [--from-layer 10] [--clients-at-once 1] [--rounds 3] [--steps 8] [--batch 8] [--tokens 160] [--test-rows 20]
 *     [--clients 8] [--rate 1e-3] [--dtype f32] [--tolerance 0.005] [--repeats 1] [--kinds default,best] [--threads N] [--only-ours] [--quick] [--record]
 *
 * The baseline is FedIT written plainly in PyTorch + PEFT (python/fedit.py): the same clients, examples, batches in the same
 * order, start and optimiser, and the mean over clients evaluated on the same rows after every round. Every kind of it sets
 * its own target: what it ends with, times 1 + tolerance (without a baseline: what ours ends with). On ours stand the methods
 * named, each a run of its own; the perplexity is that of the client's adapter after distribution, exp of the mean
 * client loss. `--from-layer N` adds FedIT with adapters in layers N and up alone: backward ends there, and hidden states below
 * are computed once for every example (their cache starts empty). 0: not. `--clients-at-once N` lets N clients of ours step in
 * one pass of the frozen model.
 */
import { resolve } from 'node:path';
import { randomStreams } from '@perfit/runtime';
import { readOptions } from './shared/options.mjs';
import { alternate, baselines, ours } from './shared/processes.mjs';
import { secondsUntil } from './shared/reached.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { clientsOf, drawBatches } from './shared/rows.mjs';
import { largestDifference, pairedRatio, spread } from './shared/statistics.mjs';
import { LORA, plain, prepare } from './shared/training.mjs';

const options = readOptions(
  {
    ...{ methods: 'fedit,perfit', rounds: 3, steps: 8, batch: 8, tokens: 160, testRows: 20, clients: 8 },
    ...{ fromLayer: 10, clientsAtOnce: 1, rate: 1e-3, dtype: 'f32', tolerance: 0.005, repeats: 1 },
  },
  { methods: 'fedit', fromLayer: 1, rounds: 1, steps: 1, batch: 4, tokens: 48, testRows: 1, clients: 2 },
);
const { rounds, steps, batch, tokens, testRows, threads, dtype, rate, clientsAtOnce } = options;
const SEED = 1;
const { model, adapter, config, write } = await prepare(options, { seed: SEED });
const streams = randomStreams(SEED);
const clients = await clientsOf({ ...options, model, maxTokens: tokens });
const plan = clients.map(({ id, train, test }) => ({
  id,
  examples: train.length,
  test: test.map(plain),
  rounds: Array.from({ length: rounds }, (_, round) =>
    drawBatches({
      examples: train,
      batchSize: batch,
      random: streams.stream('batches', id, round + 1),
      count: steps,
    }).map((examples) => examples.map(plain)),
  ),
}));

const data = options.data === 'embedded' ? 'embedded' : resolve(options.data);
const configuration = {
  ...{ model, data: { path: data, testRows }, seed: SEED, rounds, steps, batchSize: batch, maxTokens: tokens, dtype },
  ...{ learningRate: rate, clientsAtOnce, ...LORA, targets: ['q', 'k', 'v', 'o'], validation: { share: 0 } },
  partitioner: { name: 'field', field: 'client', values: clients.map(({ id }) => id) },
};
const run = (method, more = {}) =>
  ours('federated-run', { threads, configuration: { ...configuration, ...more, methods: [method] } });
const sidesOfOurs = Object.fromEntries(options.methods.split(',').map((method) => [`perfit ${method}`, run(method)]));
if (options.fromLayer > 0) {
  const layers = Array.from({ length: config.layers - options.fromLayer }, (_, i) => options.fromLayer + i);
  sidesOfOurs[`perfit fedit, layers from ${options.fromLayer}`] = run('fedit', {
    targets: [`layers\\.(${layers.join('|')})\\..*(q|k|v|o)_proj`],
  });
}
const { sides, missing } = baselines(options, 'fedit', {
  ...{ model, adapter, dtype, threads, rounds, plan: write('plan.json', { clients: plan }) },
  ...{ learningRate: rate, weightDecay: 0, clip: 1 },
});
const runs = alternate('time-to-perplexity', { ...sidesOfOurs, ...sides }, options.repeats);

const kinds = Object.keys(sides);
const referees = kinds.length > 0 ? kinds : [Object.keys(sidesOfOurs)[0]];
const targets = Object.fromEntries(referees.map((side) => [side, runs[side][0].rounds.at(-1).perplexity]));
const until = (side, referee) => runs[side].map((one) => secondsUntil(one.rounds, targets[referee], options.tolerance));
const reached = (side, referee) => until(side, referee).every((seconds) => seconds !== null);
const figures = {};
const ratios = {};
for (const side of Object.keys(sidesOfOurs)) {
  figures[`${side}: seconds to the end`] = spread(runs[side].map((one) => one.rounds.at(-1).seconds));
  for (const referee of referees) {
    if (!reached(side, referee)) continue;
    figures[`${side}: seconds to the perplexity of ${referee}`] = spread(until(side, referee));
    if (kinds.includes(referee) && reached(referee, referee))
      ratios[`${side}: seconds against ${referee}`] = pairedRatio(until(side, referee), until(referee, referee));
  }
}
for (const kind of kinds)
  for (const side of Object.keys(sidesOfOurs).filter((name) => name === 'perfit fedit')) {
    const training = (name, key) => runs[name].map((one) => one.rounds.reduce((total, round) => total + round[key], 0));
    ratios[`${side}: training ms against ${kind}`] = pairedRatio(
      training(side, 'trainingMs'),
      training(kind, 'trainingMs'),
    );
    ratios[`${side}: training processor ms against ${kind}`] = pairedRatio(
      training(side, 'trainingCpuMs'),
      training(kind, 'trainingCpuMs'),
    );
  }
tell({
  benchmark: 'time-to-perplexity',
  options,
  baseline: missing,
  versions: versionsOf(runs),
  figures,
  ratios,
  results: {
    targets,
    secondsToTarget: Object.fromEntries(
      referees.map((referee) => [
        referee,
        Object.fromEntries(Object.keys(runs).map((side) => [side, until(side, referee)])),
      ]),
    ),
    rounds: Object.fromEntries(Object.entries(runs).map(([side, [one]]) => [side, one.rounds])),
    peakBytes: Object.fromEntries(Object.entries(runs).map(([side, [one]]) => [side, one.peakBytes])),
    // FedIT's on ours against theirs, over all steps: the same examples from the same start.
    lossDifference: Object.fromEntries(
      kinds
        .filter(() => runs['perfit fedit'])
        .map((kind) => [kind, largestDifference(runs['perfit fedit'][0].losses, runs[kind][0].losses)]),
    ),
  },
});
