// Two clients with different data search from one start: their masks differ, shared positions average, exclusive ones
// stay their own.
//   node examples/two-clients/run.mjs [--steps 12] [--rank 8] [--seed 1] [--json]
import { sharedExclusive } from '@perfit/aggregation';
import { trainingBatches } from '@perfit/datasets';
import {
  difference,
  expectedJaccard,
  intersect,
  isLive,
  jaccard,
  pack,
  parametersAtRank,
  symmetric,
  unpackInto,
} from '@perfit/lora';
import { cubic, first, search, weight } from '@perfit/nas';
import { openTiny, readOptions, SCALE, tell } from '../open-tiny.mjs';

const options = readOptions({ steps: 12, rank: 8, seed: 1 });
const EXPANSION = 2;
const { layout, streams, clients, train, open, close } = await openTiny({
  rank: options.rank * EXPANSION,
  seed: options.seed,
});
const start = symmetric().initialize({
  layout,
  random: streams.stream('start'),
  scale: SCALE,
  frozen: () => new Float32Array(),
});
const budget = parametersAtRank(layout.sites, options.rank);

/** One client's round: search in four iterations, then fine-tuning inside the mask. */
async function trainClient(client) {
  const session = open(start.values);
  const examples = train(client);
  const batches = trainingBatches({ examples, batchSize: 8, random: streams.stream('batches', client, 1) });
  let batch;
  let taken = 0;
  const steps = (count) => {
    for (let i = 0; i < count; i++, taken++) {
      batch = batches.next().value;
      session.step(batch, 3e-3);
    }
  };
  await search({
    importance: first(),
    schedule: cubic(),
    granularity: weight(),
    iterations: 4,
    stepsBetween: 1,
    trainee: {
      layout,
      budget,
      architecture: session.architecture(),
      random: streams.stream('search', client, 1),
      train: async (count) => {
        session.gather(['gradient']);
        steps(count);
        return session.statistics();
      },
      loss: async () => session.losses(batch).reduce((a, b) => a + b, 0),
      prune: async (architecture) => session.prune(architecture),
    },
  });
  steps(options.steps - taken);
  const values = session.values();
  const architecture = session.architecture();
  session.dispose();
  return { client, values, architecture, examples: examples.length };
}

const pair = [clients[0], clients.at(-1)];
const trained = [await trainClient(pair[0]), await trainClient(pair[1])];
const aggregator = sharedExclusive({ minHolders: 2 });
const fold = aggregator.fold(aggregator.initialize(layout, start.values), {
  layout,
  round: 1,
  random: streams.stream('aggregate'),
  registered: () => undefined,
});
for (const { client, values, architecture, examples } of trained)
  fold.add({ client, mask: architecture, values: pack(values, architecture), architecture, examples, metrics: {} });
const state = fold.finish();
const received = trained.map(({ client, values, architecture }) => {
  const { mask, values: packed } = aggregator.download(state, { client, architecture });
  const after = Float32Array.from(values);
  unpackInto(after, mask, packed);
  return after;
});
close();

const [a, b] = trained;
const shared = intersect(a.architecture, b.architecture);
const total = a.examples + b.examples;
let furthest = 0;
let moved = 0;
for (let p = 0; p < layout.size; p++) {
  if (isLive(shared, p)) {
    const mean = (a.examples * a.values[p] + b.examples * b.values[p]) / total;
    furthest = Math.max(
      furthest,
      ...received.map((after) => Math.abs(after[p] - mean) / Math.max(Math.abs(mean), 1e-12)),
    );
  } else moved += Number(received[0][p] !== a.values[p]) + Number(received[1][p] !== b.values[p]);
}
const density = budget / layout.size;
const result = {
  clients: pair,
  positions: layout.size,
  live: trained.map(({ architecture }) => architecture.live),
  budget,
  jaccard: jaccard(a.architecture, b.architecture),
  chance: expectedJaccard(density, density),
  shared: shared.live,
  exclusive: [difference(a.architecture, shared).live, difference(b.architecture, shared).live],
  exclusiveChance: 1 - 1 / EXPANSION,
  sharedFurthestFromMean: furthest,
  exclusiveMoved: moved,
};
tell(
  options,
  result,
  Object.entries(result).map(([figure, value]) => ({ figure, value: Array.isArray(value) ? value.join(', ') : value })),
);
