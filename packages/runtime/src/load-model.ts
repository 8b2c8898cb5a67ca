import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { join } from 'node:path';
import {
  type Backbone,
  type Checkpoint,
  loadBackbone,
  openCheckpoint,
  resolveModel,
  reuseHiddenStates,
} from '@perfit/models';
import { cacheDirectory, type Engine } from '@perfit/tensorflow';
import type { Configuration } from './configuration.js';
import { errors } from './errors.js';
import { openHiddenStateCache } from './hidden-states/hidden-state-cache.js';

/** A model on the engine with its tokenizer. */
export interface LoadedModel {
  readonly checkpoint: Checkpoint;
  readonly backbone: Backbone;
}

/**
 * Opens a model by path or known name: its configuration, its tokenizer and the places of its weights, none of which is
 * read unless a digest is recorded. The caller ends it with `weights.close()`.
 */
export async function openModel(model: Configuration['model']): Promise<Checkpoint> {
  const { path, sha256 } = typeof model === 'string' ? { path: model, sha256: undefined } : model;
  const checkpoint = await openCheckpoint(await resolveModel(path));
  if (sha256 === undefined || checkpoint.sha256 === sha256) return checkpoint;
  checkpoint.weights.close();
  throw errors.make('data-changed', {
    what: `${path} holds other weights than the run recorded`,
    cure: 'Give the model of that run, or start a new run',
  });
}

/** How a model comes onto the engine. */
type LoadOptions = Pick<Configuration, 'dtype'> & Partial<Pick<Configuration, 'hiddenStateCache'>>;

/** Puts a model that is open on the engine, and closes it. */
export async function loadOpened(
  engine: Engine,
  checkpoint: Checkpoint,
  { dtype, hiddenStateCache = 0 }: LoadOptions,
): Promise<LoadedModel> {
  try {
    checkDtype(engine, dtype);
    const backbone = await loadBackbone(engine, checkpoint, { dtype });
    return {
      checkpoint,
      backbone: hiddenStateCache > 0 ? caching(engine, checkpoint, backbone, hiddenStateCache) : backbone,
    };
  } finally {
    checkpoint.weights.close();
  }
}

/** Opens a model by path or known name, checks its digest where one is recorded, and puts it on the engine. */
export async function loadModel(
  engine: Engine,
  model: Configuration['model'],
  options: LoadOptions,
): Promise<LoadedModel> {
  return loadOpened(engine, await openModel(model), options);
}

function checkDtype(engine: Engine, dtype: Configuration['dtype']): void {
  if (dtype === 'bf16' && !engine.supports('bf16')) {
    throw errors.make('invalid-configuration', {
      what: `dtype bf16 on the ${engine.description.kind} engine`,
      cure: 'Use f32, or install the native engine with `perfit doctor --fix`',
    });
  }
}

/** Reuses hidden states on disk, of the same weights, element type, and computing code. */
function caching(engine: Engine, { sha256 }: Checkpoint, backbone: Backbone, gigabytes: number): Backbone {
  const { build, device, threads } = engine.description;
  const computedBy = JSON.stringify([sha256, backbone.dtype, build, device, cpus()[0]?.model, threads]);
  const name = createHash('sha256').update(computedBy).digest('hex').slice(0, 16);
  const store = openHiddenStateCache({
    directory: join(cacheDirectory(), 'hidden-states', name),
    maxBytes: gigabytes * 1e9,
    width: backbone.config.hidden,
  });
  return reuseHiddenStates(engine, backbone, store);
}
