// Processor seconds of what runs beside the training step: a round of every aggregator, and the starts that decompose the
// frozen weights. The layout is SmolLM2-135M's q, k, v, o; eight clients of rank 8 with drawn values. Prints JSON.
//   node benchmarks/strategies.mjs
import { cpus } from 'node:os';
import { AGGREGATOR } from '@perfit/aggregation';
import { createLayout, fullArchitecture, pissa } from '@perfit/lora';
import { createContainer, randomStreams, strategiesOf } from '@perfit/runtime';

const RANK = 8;
const shapes = { q_proj: [576, 576], k_proj: [576, 192], v_proj: [576, 192], o_proj: [576, 576] };
const sites = Array.from({ length: 30 }, (_, layer) =>
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
const updates = Array.from({ length: 8 }, (_, i) => ({
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

const starts = [
  [576, 576],
  [576, 1536],
].flatMap(([width, out]) =>
  [16, 64].map((rank) => {
    const site = { name: 'model.layers.0.mlp.up_proj', layer: 0, in: width, out, flops: 2 * width * out };
    const frozen = draw(width * out);
    const one = seconds(() =>
      pissa().initialize({ layout: createLayout([site], rank), random, scale: 2, frozen: () => frozen }),
    );
    return { name: 'pissa', in: width, out, rank, seconds: one.seconds };
  }),
);
const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;
console.log(JSON.stringify({ machine, clients: updates.length, positions: layout.size, aggregators, starts }, null, 1));
