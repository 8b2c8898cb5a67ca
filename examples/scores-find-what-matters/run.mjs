// Do the scores find the parameters that matter? One client trains a dense adapter; then the lowest-scored share of its
// positions is removed, for several shares and scores. The better the score, the less the loss rises.
//   node examples/scores-find-what-matters/run.mjs [--steps 40] [--rank 16] [--seed 1] [--json]
import { evaluationBatches, trainingBatches } from '@perfit/datasets';
import { applyArchitecture, symmetric } from '@perfit/lora';
import { first, magnitude, mixed, random, second, weight } from '@perfit/nas';
import { openTiny, readOptions, SCALE, tell } from '../open-tiny.mjs';

const options = readOptions({ steps: 40, rank: 16, seed: 1 });
const { layout, trainer, full, streams, clients, train, test, open, lossOf, close } = await openTiny(options);
const [client] = clients;
const rows = train(client);
const start = symmetric().initialize({
  layout,
  random: streams.stream('start'),
  scale: SCALE,
  frozen: () => new Float32Array(),
});

const session = open(start.values);
const batches = trainingBatches({ examples: rows, batchSize: 8, random: streams.stream('batches', client) });
for (let step = 0; step < options.steps; step++) session.step(batches.next().value, 3e-3);
const values = session.values();

const batchesOfAll = [...evaluationBatches(rows)].map(({ batch }) => batch);
const statistics = trainer.statistics({ values, architecture: full }, batchesOfAll, ['gradient', 'fisher']);
const dense = lossOf(session, values, rows);
const denseTest = lossOf(session, values, test(client));
const shares = [0.1, 0.3, 0.5, 0.7, 0.9];
const curves = [first(), second(), mixed(), magnitude(), random()].map((importance) => {
  const scores = importance.score({ layout, statistics, random: streams.stream('random-scores') });
  const points = shares.map((share) => {
    const keep = Math.round((1 - share) * layout.size);
    const kept = weight().select({ layout, scores, architecture: full, keep });
    const pruned = applyArchitecture(values, kept);
    return { share, trainLoss: lossOf(session, pruned, rows), testLoss: lossOf(session, pruned, test(client)) };
  });
  return { importance: importance.name, points };
});
session.dispose();
close();
const result = { client, positions: layout.size, dense: { trainLoss: dense, testLoss: denseTest }, curves };
tell(
  options,
  result,
  curves.map(({ importance, points }) => ({
    importance,
    'dense, train': dense.toFixed(4),
    ...Object.fromEntries(points.map(({ share, trainLoss }) => [`−${100 * share} %, train`, trainLoss.toFixed(4)])),
    ...Object.fromEntries(points.map(({ share, testLoss }) => [`−${100 * share} %, test`, testLoss.toFixed(4)])),
  })),
);
