import { type DType, type Engine, longestSequence } from '@perfit/tensorflow';
import { crossEntropy, headLogits } from '../blocks/cross-entropy.js';
import { decoderLayer } from '../blocks/decoder-layer.js';
import type { Pass } from '../blocks/pass.js';
import { rmsNorm } from '../blocks/rms-norm.js';
import type { Backbone, Checkpoint, Projector, Site } from '../contract.js';
import { errors } from '../errors.js';
import { scopedEngine } from '../scope.js';
import { backpropagate } from './backpropagate.js';
import { checkBatch, checkEntry, checkLayers, checkPositions, checkTokens } from './check-batch.js';
import { startDecoding } from './decode.js';
import { hiddenStates, lastStates } from './forward.js';
import { rotationCache } from './rotations.js';
import { sitesOf } from './sites.js';
import { uploadWeights } from './weights.js';

/** How a backbone is loaded. */
export interface LoadOptions {
  /** Element type of the frozen matrices and of products; norms, softmax, residual stream and losses stay f32. */
  readonly dtype?: 'f32' | 'bf16';
}

/**
 * Brings a checkpoint onto an engine as a frozen LLaMA backbone. Reads every weight, and leaves the checkpoint open.
 * `dispose()` gives back all that it put on the engine.
 *
 * @throws `unsupported-dtype`, `not-finite`
 * @example
 * const engine = await createEngine();
 * const checkpoint = await openCheckpoint(await resolveModel('smollm2-135m'));
 * const backbone = await loadBackbone(engine, checkpoint);
 */
export async function loadBackbone(
  engine: Engine,
  checkpoint: Pick<Checkpoint, 'config' | 'weights'>,
  { dtype = 'f32' }: LoadOptions = {},
): Promise<Backbone> {
  if (!engine.supports(dtype))
    throw errors.make('unsupported-dtype', {
      what: `the ${engine.description.kind} engine does not compute in ${dtype}`,
      cure: 'Load the model in f32, or use the native engine',
    });
  return buildBackbone(engine, checkpoint, dtype);
}

function buildBackbone(
  engine: Engine,
  { config, weights: source }: Pick<Checkpoint, 'config' | 'weights'>,
  dtype: DType,
): Backbone {
  const e = scopedEngine(engine);
  const sites = sitesOf(config);
  const weights = uploadWeights(e, config, sites, source, dtype);
  const rotations = rotationCache(e, config);
  const norm = (weight: (typeof weights)['norm']) => rmsNorm(e, weight, config.normEpsilon, dtype);
  const layers = weights.layers.map(({ inputNorm, postNorm, qkv, output, gate, up, down }) =>
    decoderLayer(
      e,
      {
        attention: { heads: config, norm: norm(inputNorm), qkv, output },
        feedForward: { norm: norm(postNorm), gate, up, down },
      },
      dtype,
    ),
  );
  const head = { norm: norm(weights.norm), weight: weights.head };
  const parts = { config, weights, layers, head, rotations };

  const unchangedLayers = (projector: Projector): number => {
    const first = layers.findIndex((layer) => layer.changed(projector));
    return first < 0 ? layers.length : first;
  };
  const passOf = (starts: Int32Array, projector: Projector): Pass => ({
    starts,
    rotation: rotations.upTo(longestSequence(starts)),
    projector,
  });
  const groupOf = new Map(weights.groups.flatMap((group) => group.sites.map((site) => [site.name, group] as const)));

  return {
    config,
    dtype,
    sites,
    unchangedLayers,
    hidden: ({ ids, starts }, count, projector) => {
      checkTokens(config, { ids, starts });
      checkLayers(config, count);
      return hiddenStates(e, parts, passOf(starts, projector), ids, count);
    },
    losses: (batch, projector, entry) => {
      checkBatch(config, batch);
      checkEntry(config, batch, entry, unchangedLayers(projector));
      const { ids, starts, labels, lossPositions: positions } = batch;
      if (labels.length === 0) return e.upload(new Float32Array(0), [0]);
      return e.tidy(() => {
        const hidden = lastStates(e, parts, passOf(starts, projector), { ids, positions, entry });
        return crossEntropy(e, head, { hidden, labels: e.upload(labels, [labels.length]) });
      });
    },
    logits: (batch, positions, projector) => {
      checkBatch(config, batch);
      checkPositions(batch, positions);
      if (positions.length === 0) return e.upload(new Float32Array(0), [0, config.vocabulary]);
      const at = { ids: batch.ids, positions };
      return e.tidy(() => headLogits(e, head, lastStates(e, parts, passOf(batch.starts, projector), at)));
    },
    backpropagate: (batch, projector, options = {}) => {
      checkBatch(config, batch);
      checkEntry(config, batch, options.entry, options.sink ? 0 : unchangedLayers(projector));
      const losses = batch.labels.length;
      const { weights: given = new Float32Array(losses).fill(1 / losses) } = options;
      if (given.length !== losses)
        throw errors.make('bad-batch', {
          what: `${given.length} weights were given for ${losses} losses`,
          cure: 'Give one weight per loss position',
        });
      if (losses === 0) return e.upload(new Float32Array(0), [0]);
      return backpropagate(e, parts, passOf(batch.starts, projector), batch, { ...options, weights: given });
    },
    decode: (projector) => startDecoding(e, parts, projector),
    frozen: (site) => {
      const group = groupOf.get(site.name);
      if (!group)
        throw errors.make('unknown-site', {
          what: `"${site.name}" is not a projection of this model`,
          cure: `Give one of its ${sites.length} sites, such as ${sites[0].name}`,
        });
      const begin = rowsBefore(group.sites, site.name);
      const rows = Int32Array.from({ length: site.out }, (_, row) => begin + row);
      return e.tidy(() => e.download(e.packedRows(group.weight, e.upload(rows, [site.out]))) as Float32Array);
    },
    dispose: () => {
      rotations.dispose();
      weights.dispose();
    },
  };
}

function rowsBefore(sites: readonly Site[], name: string): number {
  const index = sites.findIndex((site) => site.name === name);
  return sites.slice(0, index).reduce((sum, site) => sum + site.out, 0);
}
