import { type Backbone, type Checkpoint, loadBackbone, openCheckpoint, resolveModel } from '@perfit/models';
import type { Engine } from '@perfit/tensorflow';
import type { Configuration } from './configuration.js';
import { errors } from './errors.js';

/** A model on the engine with its tokenizer. */
export interface LoadedModel {
  readonly checkpoint: Checkpoint;
  readonly backbone: Backbone;
}

/** Opens a model by path or known name, checks its digest where one is recorded, and puts it on the engine. */
export async function loadModel(
  engine: Engine,
  model: Configuration['model'],
  dtype: Configuration['dtype'],
): Promise<LoadedModel> {
  const { path, sha256 } = typeof model === 'string' ? { path: model, sha256: undefined } : model;
  const checkpoint = await openCheckpoint(await resolveModel(path));
  try {
    if (sha256 !== undefined && checkpoint.sha256 !== sha256) {
      throw errors.make('data-changed', {
        what: `${path} holds other weights than the run recorded`,
        cure: 'Give the model of that run, or start a new run',
      });
    }
    if (dtype === 'bf16' && !engine.supports('bf16')) {
      throw errors.make('invalid-configuration', {
        what: `dtype bf16 on the ${engine.description.kind} engine`,
        cure: 'Use f32, or install the native engine with `perfit doctor --fix`',
      });
    }
    return { checkpoint, backbone: await loadBackbone(engine, checkpoint, { dtype }) };
  } finally {
    checkpoint.weights.close();
  }
}
