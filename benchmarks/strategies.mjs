/**
 * Processor seconds of what runs beside the training step: a round of every aggregator, and the starts that decompose the
 * frozen weights. All sides are ours; ratios are to the weighted mean.
 *
 *   npm run build && node benchmarks/strategies.mjs [--clients 8] [--layers 30] [--ranks 16,64] [--quick] [--record]
 *
 * The layout is SmolLM2-135M's q, k, v, o; clients of rank 8 with drawn values.
 */
import { AGGREGATOR } from '@perfit/aggregation';
import { createLayout, fullArchitecture, pissa } from '@perfit/lora';
import { createContainer, randomStreams, strategiesOf } from '@perfit/runtime';
import { readOptions } from './shared/options.mjs';
import { tell } from './shared/report.mjs';
import { spread } from './shared/statistics.mjs';

const options = readOptions({ clients: 8, layers: 30, ranks: '16,64' }, { layers: 1, ranks: '4' });

const RANK = 8;
const shapes = { q_proj: [576, 576], k_proj: [576, 192], v_proj: [576, 192], o_proj: [576, 576] };
const sites = Array.from({ length: options.layers }, (_, layer) =>
  Object.entries(shapes).map(([module, [width, out]]) => ({
    ...{ name: `model.layers.${layer}.self_attn.${module}`, layer, in: width, out, flops: 2 * width * out },
  })),
).flat();
const random = randomStreams(1).stream('benchmark');
const draw = (length) => Float32Array.from({ length }, () => (random() - 0.5) / 10);

function seconds(work) {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, seconds: (user + system) / 1e6 };
}

const layout = createLayout(sites, RANK);
const architecture = fullArchitecture(layout.size);
const start = draw(layout.size);
const updates = Array.from({ length: options.clients }, (_, i) => ({
  ...{ client: `c${i}`, mask: architecture, architecture, values: draw(layout.size), examples: 10 + i, metrics: {} },
  vectors: { controlChange: draw(layout.size) },
}));
const aggregators = strategiesOf(createContainer(), AGGREGATOR).map((factory) => {
  const options = factory.optionsSchema.parse({});
  const aggregator = factory.make(options, {});
  const before = aggregator.initialize(layout, start);
  const context = { layout, scale: 2, round: 1, random, registered: () => undefined };
  const round = seconds(() => {
    const fold = aggregator.fold(before, context);
    for (const update of updates) fold.add(update);
    return fold.finish();
  });
  const downloads = seconds(() => {
    for (const { client } of updates) aggregator.download(round.result, { client, architecture });
  });
  return { name: factory.name, round: round.seconds, downloads: downloads.seconds };
});

const ranks = options.ranks.split(',').map(Number);
const starts = [
  [576, 576],
  [576, 1536],
].flatMap(([width, out]) =>
  ranks.map((rank) => {
    const site = { name: 'model.layers.0.mlp.up_proj', layer: 0, in: width, out, flops: 2 * width * out };
    const frozen = draw(width * out);
    const one = seconds(() =>
      pissa().initialize({ layout: createLayout([site], rank), random, scale: 2, frozen: () => frozen }),
    );
    return { name: 'pissa', in: width, out, rank, seconds: one.seconds };
  }),
);
const mean = aggregators.find(({ name }) => name === 'weighted-mean');
tell({
  benchmark: 'strategies',
  options: { ...options, model: 'none', threads: 1 },
  figures: Object.fromEntries([
    ...aggregators.map(({ name, round }) => [`${name}: processor seconds a round`, spread([round])]),
    ...starts.map((one) => [
      `${one.name} ${one.in} x ${one.out}, rank ${one.rank}: processor seconds`,
      spread([one.seconds]),
    ]),
  ]),
  ratios: Object.fromEntries(
    aggregators
      .filter((one) => one !== mean)
      .map(({ name, round }) => [`${name}: round against weighted-mean`, spread([round / mean.round])]),
  ),
  results: { clients: updates.length, positions: layout.size, aggregators, starts },
});
