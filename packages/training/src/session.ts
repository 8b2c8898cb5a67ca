import type { Batch } from '@perfit/datasets';
import type { Layout } from '@perfit/lora';
import type { Backbone } from '@perfit/models';
import type { StatisticNeed, Statistics } from '@perfit/nas';
import type { Engine, Tensor } from '@perfit/tensorflow';
import { adamw, checkOptimizer, type Moments, startMoments } from './adamw.js';
import type { AdaptedProjector } from './adapted-projector.js';
import { clipGradient } from './clip.js';
import type { Session, SessionOptions } from './contract.js';
import { errors } from './errors.js';
import { checkRate } from './learning-rate.js';
import { lossGradient } from './loss-gradient.js';
import { checkArchitecture, checkLength, masked, maskOf } from './mask.js';

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
  checkLength(state.values, layout);
  checkArchitecture(state.architecture, layout);
  if (trainable) checkArchitecture(trainable, layout);
  checkOptimizer(optimizer);

  let architecture = state.architecture;
  let live = maskOf(architecture);
  const trains = trainable ? maskOf(trainable) : undefined;
  let mask = uploadMask();
  let values = engine.upload(masked(state.values, live), [size]);
  const anchor = engine.cast(values, 'f32');
  let moments: Moments | undefined;
  let gradient: Tensor | undefined;
  let loaded = false;
  let gathering:
    | { needs: readonly StatisticNeed[]; gradient?: Tensor; squared?: Tensor; batches: number; examples: number }
    | undefined;
  let disposed = false;

  function uploadMask(): Tensor {
    return engine.upload(trains ? masked(trains, live) : live, [size]);
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
  /** The sum so far and one more; consumes the sum, borrows the other. */
  const accumulate = (sum: Tensor | undefined, more: Tensor): Tensor => {
    const next = sum ? engine.add(sum, more) : engine.cast(more, 'f32');
    engine.dispose(sum);
    return next;
  };
  const stopGathering = (): void => {
    engine.dispose(gathering?.gradient, gathering?.squared);
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
        if (gathering) {
          gathering.gradient = accumulate(gathering.gradient, found.gradient);
          if (found.squared) gathering.squared = accumulate(gathering.squared, found.squared);
          gathering.batches++;
          gathering.examples += batch.examples;
        }
        engine.dispose(found.squared, gradient);
        const corrected = localUpdate.correct(engine, { gradient: found.gradient, values, anchor });
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
          decays: trains && mask,
        });
        engine.dispose(moments.first, moments.second, used === gradient ? undefined : used);
        moments = after.moments;
        replace(after.values);
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
      gathering = { needs, batches: 0, examples: 0 };
    },
    statistics: (): Statistics => {
      if (!gathering?.gradient)
        throw errors.make('not-gathering', {
          what: gathering ? 'statistics were asked for before any step' : 'statistics were asked for without gather',
          cure: 'Call gather, take a step, then ask',
        });
      const mean = (sum: Tensor, count: number) =>
        masked(
          (engine.download(sum) as Float32Array).map((value) => value / count),
          live,
        );
      const statistics = {
        values: read(),
        gradient: mean(gathering.gradient, gathering.batches),
        ...(gathering.squared ? { fisher: mean(gathering.squared, gathering.examples) } : {}),
      };
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
    architecture: () => architecture,
    write: (next) => {
      checkLength(next, layout);
      release();
      replace(engine.upload(masked(next, live), [size]));
    },
    prune: (next) => {
      checkArchitecture(next, layout);
      release();
      architecture = next;
      live = maskOf(next);
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
    return masked(host, live);
  }
}

/** Mean of losses `[M]` on the host: the one read of a step. Consumes. */
function meanOf(engine: Engine, losses: Tensor): number {
  const mean = engine.mean(losses, 0);
  const [value] = engine.download(mean);
  engine.dispose(losses, mean);
  return value!;
}
