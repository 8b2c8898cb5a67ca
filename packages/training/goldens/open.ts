import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Batch, makeBatch } from '@perfit/datasets';
import { type Layout, readAdapter } from '@perfit/lora';
import { loadBackbone, openCheckpoint } from '@perfit/models';
import { openTensors, toFloat32 } from '@perfit/safetensors';
import { createEngine } from '@perfit/tensorflow';
import type { OptimizerOptions } from '../src/contract.js';

const path = (name: string) => join(__dirname, name);

interface GoldenNumbers {
  readonly scale: number;
  readonly rank: number;
  readonly rows: readonly { readonly ids: readonly number[]; readonly promptLength: number }[];
  readonly loss: number;
  readonly firstMixedDiffer: number;
  readonly adamw: OptimizerOptions & { readonly learningRate: number };
  readonly stepLosses: readonly number[];
  readonly stepNorms: readonly number[];
}

/** The model, adapter and rows of `tools/golden/training.py`, opened on an engine. */
export async function openGolden(prefer: 'native' | 'wasm' = 'native') {
  const engine = await createEngine({ prefer, threads: 2 });
  const checkpoint = await openCheckpoint(path('model'));
  const backbone = await loadBackbone(engine, checkpoint, { dtype: 'f32' });
  const adapter = readAdapter(path('adapter'), { sites: backbone.sites });
  const numbers = JSON.parse(readFileSync(path('training.json'), 'utf8')) as GoldenNumbers;
  const examples = numbers.rows.map(({ ids, promptLength }) => ({ ids: Int32Array.from(ids), promptLength }));
  const batch: Batch = makeBatch(examples);
  return { engine, backbone, adapter, numbers, examples, batch };
}

/** PyTorch's tensors by kind and slot (`gradient`, `fisher`, `first`, `second`, `mixed`, `final`), or by name. */
export function openExpected() {
  const file = openTensors(path('training.safetensors'));
  const read = (name: string): Float32Array => toFloat32(file.read(name));
  return {
    read,
    /** One kind, flat over the layout. */
    flat: (kind: string, layout: Layout): Float32Array => {
      const values = new Float32Array(layout.size);
      for (const { name, offset } of layout.slots) values.set(read(`${kind}.${name}`), offset);
      return values;
    },
    close: file.close,
  };
}
