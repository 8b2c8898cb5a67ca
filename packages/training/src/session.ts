import type { Batch } from '@perfit/datasets';
import { type Architecture, applyArchitecture, intersect, type Layout } from '@perfit/lora';
import type { Backbone } from '@perfit/models';
import type { StatisticNeed, Statistics } from '@perfit/nas';
import type { Engine, Tensor } from '@perfit/tensorflow';
import { adamw, checkOptimizer, type Moments, startMoments } from './adamw.js';
import { clipGradient } from './clip.js';
import type { LocalConclusion, Session, SessionOptions } from './contract.js';
import { errors } from './errors.js';
import { checkRate } from './learning-rate.js';
import { type LivePart, moveBetween } from './live-part.js';
import type { GradientTap, LossGradient } from './loss-gradient.js';
import { maskOf } from './mask.js';
import { meanOf } from './mean-loss.js';
import { type StatisticSums, statisticSums } from './statistic-sums.js';
import { steer } from './steer.js';

/** What every session of a trainer shares. */
export interface SessionParts {
  readonly engine: Engine;
  readonly backbone: Backbone;
  readonly layout: Layout;
  /** Opens what of an architecture is computed with; the session's own. */
  readonly livePart: (architecture: Architecture) => LivePart;
}

/** A session's part in a step whose gradients come out of a pass that it may share with others. */
export interface StepSide {
  /** Puts the values in; until `giveBack` the pass may use the projector. */
  readonly lend: (batch: Batch, learningRate: number) => GradientTap;
  /** Takes what the pass found (consumes it), moves the values; returns the loss. */
  readonly take: (found: LossGradient, batch: Batch, learningRate: number) => number;
  readonly giveBack: () => void;
}

/** A session, and what the trainer takes its steps by. */
export interface OpenedSession {
  readonly session: Omit<Session, 'step'>;
  readonly side: StepSide;
}

/**
 * Puts one client's adapter on the engine as flat vectors: values, moments, mask, gradient, over the live components of
 * its architecture. Pruned positions of these stay exactly 0 because their gradients are multiplied by 0, so that their
 * moments and their steps are 0 too.
 */
export function openSession(parts: SessionParts, options: SessionOptions): OpenedSession {
  const { engine, backbone, layout, livePart } = parts;
  const { state, trainable, localUpdate, optimizer } = options;
  checkOptimizer(optimizer);

  let architecture = state.architecture;
  let part = livePart(architecture);
  let mask = uploadMask();
  let values = upload(masked(state.values));
  let anchor = options.anchor ? upload(masked(options.anchor)) : engine.cast(values, 'f32');
  const steered = steer(engine, options, part);
  let moments: Moments | undefined;
  let gradient: Tensor | undefined;
  let loaded = false;
  let gathering: { readonly needs: readonly StatisticNeed[]; readonly sums: StatisticSums } | undefined;
  let disposed = false;

  /** What the live part keeps of a vector `[P]`, on the engine. */
  function upload(vector: Float32Array): Tensor {
    return engine.upload(part.compact(vector), [part.layout.size]);
  }
  /** 1 where a position trains. */
  function uploadMask(): Tensor {
    return upload(maskOf(trainable ? intersect(trainable, architecture) : architecture, layout.size));
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
    if (!loaded) part.projector.load(values);
    loaded = true;
  };
  const stopGathering = (): void => {
    gathering?.sums.dispose();
    gathering = undefined;
  };
  const release = (): void => {
    part.projector.release();
    loaded = false;
  };
  /** Computes with what is live now. */
  const renewPart = (): void => {
    const next = livePart(architecture);
    const moved = moveBetween(engine, layout, part, next);
    const move = moved?.move ?? ((tensor: Tensor) => tensor);
    values = move(values);
    anchor = move(anchor);
    gradient &&= move(gradient);
    moments &&= { ...moments, first: move(moments.first), second: move(moments.second) };
    steered.move(move, next, architecture);
    moved?.dispose();
    part.projector.dispose();
    part = next;
  };

  const side: StepSide = {
    lend: (batch, learningRate) => {
      checkRate('learning rate', learningRate);
      load();
      return { projector: part.projector, batch, fisher: gathering?.needs.includes('fisher') ?? false };
    },
    take: (found, batch, learningRate) => {
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
      const vectors = steered.vectors();
      const corrected = localUpdate.correct(engine, { gradient: found.gradient, values, anchor, vectors });
      gradient = engine.mul(corrected, mask);
      engine.dispose(corrected);
      const used = optimizer.clip > 0 ? clipGradient(engine, engine.cast(gradient, 'f32'), optimizer.clip) : gradient;
      moments ??= startMoments(engine, part.layout.size);
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
    },
    giveBack: release,
  };

  const session: OpenedSession['session'] = {
    layout,
    losses: (batch) => {
      load();
      const losses = backbone.losses(batch, part.projector);
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
      const whole = (vector: Float32Array) => masked(part.expand(vector));
      const statistics = { values: read(), gradient: whole(mean), ...(fisher ? { fisher: whole(fisher) } : {}) };
      stopGathering();
      return statistics;
    },
    gradientNorms: () => {
      const sums = { A: 0, B: 0 };
      const host = gradient && engine.download(gradient);
      for (const { factor, offset, size } of host ? part.layout.slots : [])
        for (let p = offset; p < offset + size; p++) sums[factor] += host![p]! * host![p]!;
      return { A: Math.sqrt(sums.A), B: Math.sqrt(sums.B) };
    },
    values: () => read(),
    anchor: () => masked(part.expand(engine.download(anchor) as Float32Array)),
    conclude: (): LocalConclusion => steered.conclude({ layout, architecture, values: read() }),
    architecture: () => architecture,
    write: (next) => {
      const kept = masked(next);
      release();
      replace(upload(kept));
    },
    prune: (next) => {
      const live = maskOf(next, layout.size);
      release();
      const kept = upload(live);
      const only = (tensor: Tensor): Tensor => {
        const pruned = engine.mul(tensor, kept);
        engine.dispose(tensor);
        return pruned;
      };
      architecture = next;
      values = only(values);
      gradient &&= only(gradient);
      moments &&= { ...moments, first: only(moments.first), second: only(moments.second) };
      engine.dispose(kept, mask);
      renewPart();
      mask = uploadMask();
    },
    dispose: () => {
      if (disposed) return;
      part.projector.dispose();
      stopGathering();
      steered.dispose();
      engine.dispose(values, anchor, mask, gradient, moments?.first, moments?.second);
      disposed = true;
    },
  };
  return { session, side };

  function read(): Float32Array {
    const host = part.expand(engine.download(values) as Float32Array);
    for (let at = 0; at < host.length; at++)
      if (!Number.isFinite(host[at]))
        throw errors.make('values-not-finite', {
          what: `position ${at} of the adapter is ${host[at]}`,
          cure: 'Lower the learning rate, or clip the gradient to a smaller norm',
        });
    return masked(host);
  }
}
