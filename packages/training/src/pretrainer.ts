import type { Batch } from '@perfit/datasets';
import type { Backbone, WeightSource } from '@perfit/models';
import type { Engine, Tensor } from '@perfit/tensorflow';
import { adamw, checkOptimizer, startMoments } from './adamw.js';
import { clipGradient } from './clip.js';
import type { OptimizerOptions } from './contract.js';
import { errors } from './errors.js';
import { fullProjector } from './full-projector.js';
import { checkRate } from './learning-rate.js';
import { meanOf } from './mean-loss.js';

/** Training of all weights of a small model. Owns its tensors. */
export interface Pretrainer {
  /** One AdamW step on the token-mean loss of the batch; returns that loss. */
  readonly step: (batch: Batch, learningRate: number) => Promise<number>;
  /** The weights as they are now. */
  readonly weights: () => WeightSource;
  /** Ends every tensor that it owns. */
  readonly dispose: () => void;
}

/**
 * Trains every weight of a model: projections by their dW, embedding, norms and head by the backbone's own sink. The
 * backbone is loaded anew for every step, which is cheap for the small models that this is for and keeps backbones
 * immutable. Weight decay acts on matrices, not on norms.
 *
 * @param options.load Puts weights on the engine.
 */
export function createPretrainer(options: {
  readonly engine: Engine;
  readonly weights: WeightSource;
  readonly load: (weights: WeightSource) => Promise<Backbone>;
  readonly optimizer: OptimizerOptions;
}): Pretrainer {
  const { engine, weights, load, optimizer } = options;
  checkOptimizer(optimizer);
  const { names, shape } = weights;
  const sizes = names.map((name) => shape(name).reduce((product, n) => product * n, 1));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const flat = (values: readonly Float32Array[]): Float32Array => {
    const all = new Float32Array(total);
    let offset = 0;
    for (const part of values) {
      all.set(part, offset);
      offset += part.length;
    }
    return all;
  };
  let values = engine.upload(flat(names.map(weights.read)), [total]);
  const decays = engine.upload(
    flat(names.map((name, n) => new Float32Array(sizes[n]!).fill(shape(name).length > 1 ? 1 : 0))),
    [total],
  );
  let moments = startMoments(engine, total);

  const current = (): WeightSource => {
    const host = engine.download(values) as Float32Array;
    const parts = new Map<string, Float32Array>();
    let offset = 0;
    names.forEach((name, n) => {
      parts.set(name, host.subarray(offset, offset + sizes[n]!));
      offset += sizes[n]!;
    });
    return { names, shape, read: (name) => parts.get(name)!, close: () => {} };
  };

  return {
    step: async (batch, learningRate) => {
      checkRate('learning rate', learningRate);
      const gradients = new Map<string, Tensor>();
      // A tied embedding gets two gradients: one from the head, one from the lookup.
      const sink = (name: string, gradient: Tensor): void => {
        const before = gradients.get(name);
        gradients.set(name, before ? engine.add(before, gradient) : gradient);
        if (before) engine.dispose(before, gradient);
      };
      const backbone = await load(current());
      let losses: Tensor;
      try {
        losses = backbone.backpropagate(batch, fullProjector(engine, sink), { sink });
      } catch (thrown) {
        engine.dispose(...gradients.values());
        throw thrown;
      } finally {
        backbone.dispose();
      }
      const loss = meanOf(engine, losses);
      const flatGradient = concatenate(engine, names, sizes, gradients);
      if (!Number.isFinite(loss)) {
        engine.dispose(flatGradient);
        throw errors.make('loss-not-finite', {
          what: `the loss of a step is ${loss}`,
          cure: 'Lower the learning rate',
        });
      }
      const gradient = optimizer.clip > 0 ? clipGradient(engine, flatGradient, optimizer.clip) : flatGradient;
      const next = adamw(engine, { values, gradient, moments, learningRate, options: optimizer, decays });
      engine.dispose(gradient, values, moments.first, moments.second);
      ({ values, moments } = next);
      return loss;
    },
    weights: current,
    dispose: () => engine.dispose(values, decays, moments.first, moments.second),
  };
}

/** All gradients as one vector, in the order of the names. Consumes them. */
function concatenate(
  engine: Engine,
  names: readonly string[],
  sizes: readonly number[],
  gradients: ReadonlyMap<string, Tensor>,
): Tensor {
  const parts = names.map((name, n) => {
    const gradient = gradients.get(name);
    if (!gradient) return engine.upload(new Float32Array(sizes[n]!), [sizes[n]!]);
    const part = engine.reshape(gradient, [sizes[n]!]);
    engine.dispose(gradient);
    return part;
  });
  const whole = engine.concat(parts, 0);
  engine.dispose(...parts);
  return whole;
}
