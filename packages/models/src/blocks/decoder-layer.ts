import type { DType, Tensor } from '@perfit/tensorflow';
import type { Projector } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import type { KeyValueCache } from './cached-attention.js';
import { type FeedForwardSaved, type FeedForwardWeights, feedForward, feedForwardBackward } from './feed-forward.js';
import type { Pass } from './pass.js';
import {
  type SelfAttentionSaved,
  type SelfAttentionWeights,
  selfAttention,
  selfAttentionBackward,
  selfAttentionStep,
} from './self-attention.js';

/** The weights of one decoder layer. */
export interface LayerWeights {
  readonly attention: SelfAttentionWeights;
  readonly feedForward: FeedForwardWeights;
}

/** What a layer's backward needs. */
export interface LayerSaved {
  readonly attention: SelfAttentionSaved;
  readonly feedForward: FeedForwardSaved;
}

/**
 * m = x + attention(x), y = m + feedForward(m): the residual stream `[N, H]` is f32. With `rows` (i32 `[M]`, borrowed)
 * only these go on after attention, which needs all: y and dy are `[M, H]`, x and dx `[N, H]`.
 */
export interface DecoderLayer {
  /** Borrows x. */
  readonly forward: (pass: Pass, x: Tensor, rows?: Tensor) => Tensor;
  /** Takes x over, into what it saves; `backward` ends that. */
  readonly forwardSaving: (pass: Pass, x: Tensor, rows?: Tensor) => readonly [y: Tensor, saved: LayerSaved];
  /** Consumes what was saved and dy; returns dx, or undefined where it is not wanted. */
  readonly backward: (pass: Pass, saved: LayerSaved, dy: Tensor, wantsInput: boolean) => Tensor | undefined;
  /** The next tokens of one sequence. Borrows x and the cache. */
  readonly step: (
    pass: Pass,
    x: Tensor,
    cache: KeyValueCache | undefined,
  ) => readonly [y: Tensor, cache: KeyValueCache];
  /** Whether any of its projections is adapted. */
  readonly adapted: (projector: Projector) => boolean;
  /** Whether a projector changes any of its projections. */
  readonly changed: (projector: Projector) => boolean;
}

/** A layer on its weights; `dtype` is the backbone's. */
export function decoderLayer(
  e: ScopedEngine,
  { attention, feedForward: mlp }: LayerWeights,
  dtype: DType,
): DecoderLayer {
  const groups = [attention.qkv, attention.output, mlp.gate, mlp.up, mlp.down];
  const adaptsAttention = (projector: Projector) =>
    projector.adapts(attention.qkv) || projector.adapts(attention.output);
  const plus = (x: Tensor, branch: Tensor) => e.add(x, e.as(branch, 'f32'));
  const goingOn = (x: Tensor, rows: Tensor | undefined) => (rows ? e.gather(x, rows) : x);
  return {
    forward: (pass, x, rows) =>
      e.tidy(() => {
        const middle = e.tidy(() => plus(goingOn(x, rows), selfAttention(e, attention, pass, x, rows)[0]));
        return e.tidy(() => plus(middle, feedForward(e, mlp, pass, middle)[0]));
      }),
    forwardSaving: (pass, x, rows) =>
      e.tidy(() => {
        const [fromAttention, attentionSaved] = selfAttention(e, attention, pass, x, rows);
        const middle = plus(goingOn(x, rows), fromAttention);
        const [fromMlp, mlpSaved] = feedForward(e, mlp, pass, middle);
        return [plus(middle, fromMlp), { attention: attentionSaved, feedForward: mlpSaved }];
      }),
    backward: (pass, saved, dy, wantsInput) =>
      e.tidy(() => {
        e.own([dy, tensorsOf(saved)]);
        const { attention: attentionSaved, feedForward: mlpSaved } = saved;
        const wantsMiddle = wantsInput || adaptsAttention(pass.projector);
        const dMiddle = feedForwardBackward(e, mlp, pass, mlpSaved, e.as(dy, dtype), dy, wantsMiddle);
        if (!dMiddle) return undefined;
        e.dispose(dy, mlpSaved.gate, mlpSaved.up);
        const d = e.as(dMiddle, dtype);
        return selfAttentionBackward(e, attention, pass, attentionSaved, d, dMiddle, wantsInput);
      }),
    step: (pass, x, cache) =>
      e.tidy(() => {
        const [branch, longer] = selfAttentionStep(e, attention, pass, x, cache);
        const middle = plus(x, branch);
        return [plus(middle, feedForward(e, mlp, pass, middle)[0]), longer];
      }),
    adapted: (projector) => groups.some(projector.adapts),
    changed: (projector) => groups.some(projector.changes),
  };
}

/** What was saved but belongs to nobody else: neither the weights of norms nor the rotation. */
function tensorsOf({ attention, feedForward: { norm, gate, up } }: LayerSaved): readonly Tensor[] {
  const { qkv, z, logSumExp } = attention.attention;
  return [attention.norm.x, attention.norm.inverse, qkv, z, logSumExp, norm.x, norm.inverse, gate, up];
}
