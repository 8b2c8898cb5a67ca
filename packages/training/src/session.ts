import type { Batch } from '@perfit/datasets';
import { applyArchitecture, intersect, type Layout } from '@perfit/lora';
import type { Backbone } from '@perfit/models';
import type { StatisticNeed, Statistics } from '@perfit/nas';
import type { Engine, Tensor } from '@perfit/tensorflow';
import { adamw, checkOptimizer, type Moments, startMoments } from './adamw.js';
import type { AdaptedProjector } from './adapted-projector.js';
import { clipGradient } from './clip.js';
import type { LocalConclusion, Session, SessionOptions } from './contract.js';
import { errors } from './errors.js';
import { checkRate } from './learning-rate.js';
import { lossGradient } from './loss-gradient.js';
import { maskOf } from './mask.js';
import { meanOf } from './mean-loss.js';
import { type StatisticSums, statisticSums } from './statistic-sums.js';
import { steer } from './steer.js';

/** What every session of a trainer shares; `projector` belongs to the session. */
export interface SessionParts {
  readonly engine: Engine;
  readonly backbone: Backbone;
  readonly layout: Layout;
  readonly projector: AdaptedProjector;
}

/**
 * Puts one client's adapter on the engine as flat vectors: values, moments, mask, gradient. Pruned positions stay
 * exactly 0 because their gradients are multiplied by 0, so that their moments and their steps are 0 too.
 */
export function openSession({ engine, backbone, layout, projector }: SessionParts, options: SessionOptions): Session {
  const { state, trainable, localUpdate, optimizer } = options;
  const size = layout.size;
  checkOptimizer(optimizer);

  let architecture = state.architecture;
  let mask = uploadMask();
  let values = engine.upload(masked(state.values), [size]);
  let anchor = options.anchor ? engine.upload(masked(options.anchor), [size]) : engine.cast(values, 'f32');
  const steered = steer(engine, options, layout);
  let moments: Moments | undefined;
  let gradient: Tensor | undefined;
  let loaded = false;
  let gathering: { readonly needs: readonly StatisticNeed[]; readonly sums: StatisticSums } | undefined;
  let disposed = false;

  /** 1 where a position trains. */
  function uploadMask(): Tensor {
    return engine.upload(maskOf(trainable ? intersect(trainable, architecture) : architecture, size), [size]);
  }
  /** A copy that is exactly 0 outside the architecture. */
  function masked(all: Float32Array): Float32Array {
    return applyArchitecture(all, architecture);
  }
  const replace = (next: Tensor): void => {
    engine.dispose(values);
    values = next;
    loaded = false;
  };
  const load = (): void => {
    if (disposed)
      throw errors.make('disposed', { what: 'a session was used after dispose', cure: 'Open another session' });
    if (!loaded) projector.load(values);
    loaded = true;
  };
  const stopGathering = (): void => {
    gathering?.sums.dispose();
    gathering = undefined;
  };
  const release = (): void => {
    projector.release();
    loaded = false;
  };

  return {
    layout,
    step: (batch: Batch, learningRate: number): number => {
      checkRate('learning rate', learningRate);
      load();
      try {
        const fisher = gathering?.needs.includes('fisher') ?? false;
        const found = lossGradient(engine, { backbone, projector, batch, fisher });
        const loss = meanOf(engine, found.losses);
        if (!Number.isFinite(loss)) {
          engine.dispose(found.gradient, found.squared);
          throw errors.make('loss-not-finite', {
            what: `the loss of a step is ${loss}`,
            cure: 'Lower the learning rate, or clip the gradient to a smaller norm',
          });
        }
        gathering?.sums.add(found, batch.examples);
        engine.dispose(found.squared, gradient);
        steered.hear(found.gradient);
        const { vectors } = steered;
        const corrected = localUpdate.correct(engine, { gradient: found.gradient, values, anchor, vectors });
        gradient = engine.mul(corrected, mask);
        engine.dispose(corrected);
        const used = optimizer.clip > 0 ? clipGradient(engine, engine.cast(gradient, 'f32'), optimizer.clip) : gradient;
        moments ??= startMoments(engine, size);
        const after = adamw(engine, {
          values,
          gradient: used,
          moments,
          learningRate,
          options: optimizer,
          decays: trainable && mask,
        });
        engine.dispose(moments.first, moments.second, used === gradient ? undefined : used);
        moments = after.moments;
        replace(after.values);
        const moved = localUpdate.moveAnchor?.(engine, { values, anchor, step: steered.steps(), learningRate });
        if (moved) {
          engine.dispose(anchor);
          anchor = moved;
        }
        return loss;
      } finally {
        release();
      }
    },
    losses: (batch) => {
      load();
      const losses = backbone.losses(batch, projector);
      const host = engine.download(losses) as Float32Array;
      engine.dispose(losses);
      return host;
    },
    gather: (needs) => {
      stopGathering();
      gathering = { needs, sums: statisticSums(engine) };
    },
    statistics: (): Statistics => {
      const batches = gathering?.sums.batches();
      if (!gathering || !batches)
        throw errors.make('not-gathering', {
          what: gathering ? 'statistics were asked for before any step' : 'statistics were asked for without gather',
          cure: 'Call gather, take a step, then ask',
        });
      const { gradient: mean, fisher } = gathering.sums.means(batches);
      const statistics = { values: read(), gradient: masked(mean), ...(fisher ? { fisher: masked(fisher) } : {}) };
      stopGathering();
      return statistics;
    },
    gradientNorms: () => {
      const host = gradient ? engine.download(gradient) : new Float32Array(size);
      const sums = { A: 0, B: 0 };
      for (const { factor, offset, size: length } of layout.slots)
        for (let p = offset; p < offset + length; p++) sums[factor] += host[p]! ** 2;
      return { A: Math.sqrt(sums.A), B: Math.sqrt(sums.B) };
    },
    values: () => read(),
    anchor: () => masked(engine.download(anchor) as Float32Array),
    conclude: (): LocalConclusion => steered.conclude({ layout, architecture, values: read() }),
    architecture: () => architecture,
    write: (next) => {
      const kept = masked(next);
      release();
      replace(engine.upload(kept, [size]));
    },
    prune: (next) => {
      const live = maskOf(next, size);
      release();
      architecture = next;
      const kept = engine.upload(live, [size]);
      replace(engine.mul(values, kept));
      if (moments) {
        const { first, second, steps } = moments;
        moments = { first: engine.mul(first, kept), second: engine.mul(second, kept), steps };
        engine.dispose(first, second);
      }
      if (gradient) {
        const before = gradient;
        gradient = engine.mul(before, kept);
        engine.dispose(before);
      }
      engine.dispose(kept, mask);
      mask = uploadMask();
    },
    dispose: () => {
      if (disposed) return;
      release();
      stopGathering();
      steered.dispose();
      engine.dispose(values, anchor, mask, gradient, moments?.first, moments?.second);
      disposed = true;
    },
  };

  function read(): Float32Array {
    const host = engine.download(values) as Float32Array;
    const at = host.findIndex((value) => !Number.isFinite(value));
    if (at >= 0)
      throw errors.make('values-not-finite', {
        what: `position ${at} of the adapter is ${host[at]}`,
        cure: 'Lower the learning rate, or clip the gradient to a smaller norm',
      });
    return masked(host);
  }
}
