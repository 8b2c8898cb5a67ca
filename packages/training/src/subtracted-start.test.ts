import { join } from 'node:path';
import {
  applyArchitecture,
  type CompactAdapter,
  compactRanks,
  components,
  composeResidual,
  equalArchitectures,
  lowRankFactors,
  mergeDelta,
  pissa,
  readAdapter,
  type SavedAdapter,
} from '@perfit/lora';
import { openTensors, toFloat32 } from '@perfit/safetensors';
import { openGolden } from '../goldens/open.js';
import type { Trainer } from './contract.js';
import { createTrainer } from './trainer.js';

const path = join(__dirname, '../goldens/subtracted');
let golden: Awaited<ReturnType<typeof openGolden>>;
/** [A; A₀] and [B, −B₀]: a trained PiSSA as PEFT converts it. */
let converted: SavedAdapter;
let trained: CompactAdapter;
/** A₀ and B₀. */
let start: CompactAdapter;
let wanted: Float32Array;

/** A range of the converted adapter's components as an adapter of its own. */
function half(range: { readonly from?: number; readonly to?: number }): CompactAdapter {
  const architecture = components(range).positions(converted.layout, 1);
  return compactRanks(converted.layout, { values: applyArchitecture(converted.values, architecture), architecture });
}

beforeAll(async () => {
  golden = await openGolden();
  converted = readAdapter(path, { sites: golden.backbone.sites });
  trained = half({ to: 0.5 });
  start = half({ from: 0.5 });
  for (const { factor, offset, size } of start.layout.slots)
    if (factor === 'B') for (let p = offset; p < offset + size; p++) start.values[p] *= -1;
  const file = openTensors(join(path, 'logits.safetensors'));
  wanted = toFloat32(file.read('logits'));
  file.close();
});
afterAll(() => {
  golden.backbone.dispose();
  expect(golden.engine.live()).toBe(0);
});

const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const apart = (got: Float32Array, want: Float32Array) => largest(got.map((x, i) => x - want[i]!)) / largest(want);

/** The logits of every row's last token. */
function lastLogits(trainer: Trainer, state: CompactAdapter): Float32Array {
  const { engine, backbone, batch } = golden;
  const { projector, dispose } = trainer.project(state);
  const last = batch.starts.slice(1).map((end) => end - 1);
  const tensor = backbone.logits(batch, last, projector);
  const logits = engine.download(tensor) as Float32Array;
  engine.dispose(tensor);
  dispose();
  return logits;
}

test('a trained adapter over a start that is subtracted gives PEFT’s logits', () => {
  const { engine, backbone } = golden;
  const { layout } = trained;
  const trainer = createTrainer({
    engine,
    backbone,
    layout,
    scale: converted.scale,
    start: { values: start.values, subtracted: true },
  });
  expect(apart(lastLogits(trainer, trained), wanted)).toBeLessThan(1e-5);
  trainer.dispose();
});

test('composed with the start it is PEFT’s own conversion, and gives the same logits on the unchanged model', () => {
  const { engine, backbone } = golden;
  const { layout, scale } = converted;
  const composed = composeResidual({ ...trained, scale }, lowRankFactors(start.layout, start.values, -scale));
  expect(composed.layout).toEqual(layout);
  expect(equalArchitectures(composed.architecture, converted.architecture)).toBe(true);
  expect(apart(composed.values, converted.values)).toBeLessThan(1e-7);
  const trainer = createTrainer({ engine, backbone, layout, scale });
  expect(apart(lastLogits(trainer, composed), wanted)).toBeLessThan(1e-5);
  const untouched = { ...composed, values: new Float32Array(layout.size) };
  expect(apart(lastLogits(trainer, untouched), wanted)).toBeGreaterThan(0.1);
  trainer.dispose();
});

test('pissa starts where PEFT’s does', () => {
  const { layout } = start;
  const { scale } = converted;
  const own = pissa().initialize({ layout, scale, random: () => 0, frozen: golden.backbone.frozen });
  expect(own.subtracted).toBe(true);
  for (const site of layout.sites) {
    const [got, want] = [own.values, start.values].map((values) => mergeDelta(layout, values, site, scale));
    expect(apart(got!, want!)).toBeLessThan(1e-5);
  }
});
