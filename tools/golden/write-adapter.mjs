/**
 * Writes a pruned adapter as PEFT files, and the logits that this project computes with it, for check_peft.py.
 *
 *   npm run build && node tools/golden/write-adapter.mjs MODEL OUT && python tools/golden/check_peft.py MODEL OUT
 */
import { join } from 'node:path';
import { applyArchitecture, architectureFrom, createLayout, writeAdapter } from '@perfit/lora';
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
const architecture = architectureFrom(layout.size, (position) => position % 3 !== 0);
const raw = Float32Array.from({ length: layout.size }, (_, position) => Math.sin(position * 12.9898) / 5);
const values = applyArchitecture(raw, architecture);
writeAdapter(out, { layout, values, architecture, scale: SCALE, baseModel: '' });

const trainer = createTrainer({ engine, backbone, layout, scale: SCALE });
const { projector } = trainer.project({ values, architecture });
const V = checkpoint.config.vocabulary;
const ids = Int32Array.from({ length: LENGTH }, (_, i) => (i * 7919 + 13) % V);
const none = new Int32Array(0);
const batch = { rows: 1, length: LENGTH, ids, lossPositions: none, labels: none };
const logits = engine.download(
  backbone.logits(
    batch,
    ids.map((_, i) => i),
    projector,
  ),
);
writeTensors(join(out, 'logits.safetensors'), [fromFloat32('logits', logits, [LENGTH, V])]);
