/**
 * Writes two adapters as PEFT files, OUT/pruned and OUT/composed, each with the logits that this project computes with
 * it, for check_peft.py. `composed` is a PiSSA whose start was taken out of the frozen weights, composed with that start.
 *
 *   npm run build && node tools/golden/write-adapter.mjs MODEL OUT
 *   python tools/golden/check_peft.py MODEL OUT/pruned && python tools/golden/check_peft.py MODEL OUT/composed
 */
import { join } from 'node:path';
import {
  applyArchitecture,
  architectureFrom,
  composeResidual,
  createLayout,
  fullArchitecture,
  lowRankFactors,
  pissa,
  writeAdapter,
} from '@perfit/lora';
import { loadBackbone, openCheckpoint } from '@perfit/models';
import { fromFloat32, writeTensors } from '@perfit/safetensors';
import { createEngine } from '@perfit/tensorflow';
import { createTrainer } from '@perfit/training';

const [model, out] = process.argv.slice(2);
const [RANK, SCALE, LENGTH] = [6, 1.5, 24];
const engine = await createEngine({ prefer: 'native' });
const checkpoint = await openCheckpoint(model);
const backbone = await loadBackbone(engine, checkpoint);
const layout = createLayout(backbone.sites, RANK);
const noise = Float32Array.from({ length: layout.size }, (_, position) => Math.sin(position * 12.9898) / 5);
const V = checkpoint.config.vocabulary;
const ids = Int32Array.from({ length: LENGTH }, (_, i) => (i * 7919 + 13) % V);
const none = new Int32Array(0);
const batch = { ids, starts: Int32Array.of(0, LENGTH), lossPositions: none, labels: none };

/** Writes an adapter for the unchanged model, and the logits of `trained` over a start. */
function write(name, adapter, trained, start) {
  const trainer = createTrainer({ engine, backbone, layout, scale: SCALE, start });
  const { projector } = trainer.project(trained);
  const positions = ids.map((_, i) => i);
  const logits = engine.download(backbone.logits(batch, positions, projector));
  writeAdapter(join(out, name), { ...adapter, scale: SCALE, baseModel: '' });
  writeTensors(join(out, name, 'logits.safetensors'), [fromFloat32('logits', logits, [LENGTH, V])]);
  trainer.dispose();
}

const pruned = architectureFrom(layout.size, (position) => position % 3 !== 0);
const sparse = { layout, values: applyArchitecture(noise, pruned), architecture: pruned };
write('pruned', sparse, sparse);

const start = pissa().initialize({ layout, scale: SCALE, random: () => 0, frozen: backbone.frozen });
const values = start.values.map((value, position) => value + noise[position] / 10);
const trained = { layout, values, architecture: fullArchitecture(layout.size), scale: SCALE };
write('composed', composeResidual(trained, lowRankFactors(layout, start.values, -SCALE)), trained, start);
