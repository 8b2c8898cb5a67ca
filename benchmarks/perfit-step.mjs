/** One LoRA training step with @perfit/training: the counterpart of peft_step.py, same options, same line of JSON. */
import { createLayout, fullArchitecture } from '@perfit/lora';
import { loadBackbone, openCheckpoint } from '@perfit/models';
import { createEngine } from '@perfit/tensorflow';
import { adamwDefaults, createTrainer, plainUpdate } from '@perfit/training';

const { model, dtype, batch: B, length: T, rank, steps, threads } = JSON.parse(process.argv[2]);
const engine = await createEngine({ prefer: 'native', threads });
const checkpoint = await openCheckpoint(model);
const backbone = await loadBackbone(engine, checkpoint, { dtype });
const V = checkpoint.config.vocabulary;
checkpoint.weights.close();

const sites = backbone.sites.filter(({ name }) => /[qkvo]_proj$/.test(name));
const layout = createLayout(sites, rank);
const values = new Float32Array(layout.size);
for (const { factor, offset, size } of layout.slots)
  if (factor === 'A') for (let p = offset; p < offset + size; p++) values[p] = Math.sin(p * 12.9898) / 24;

const ids = Int32Array.from({ length: B * T }, (_, i) => (i * 7919 + 13) % V);
const half = T / 2;
const lossPositions = Int32Array.from({ length: B * half }, (_, m) => Math.floor(m / half) * T + half - 1 + (m % half));
const batch = {
  rows: B,
  length: T,
  ids,
  positions: ids.map((_, i) => i % T),
  segments: ids.map((_, i) => Math.floor(i / T)),
  lossPositions,
  labels: lossPositions.map((position) => ids[position + 1]),
  lossExamples: lossPositions.map((position) => Math.floor(position / T)),
  examples: B,
  tokens: new Int32Array(B).fill(half),
};

const trainer = createTrainer({ engine, backbone, layout, scale: 2 });
const session = trainer.open({
  state: { values, architecture: fullArchitecture(layout.size) },
  localUpdate: plainUpdate(),
  optimizer: { ...adamwDefaults, weightDecay: 0.01 },
});
const milliseconds = [];
const losses = [];
for (let step = 0; step < steps; step++) {
  const begin = performance.now();
  losses.push(session.step(batch, 1e-4));
  milliseconds.push(performance.now() - begin);
}
const { version } = engine.description;
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ milliseconds, losses, peakBytes, versions: { tensorflow: version } })}\n`);
