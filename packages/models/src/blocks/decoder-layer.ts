import type { DType, Tensor } from '@perfit/tensorflow';
import type { ModelConfig, Projector } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import { type FeedForwardSaved, type FeedForwardWeights, feedForward, feedForwardBackward } from './feed-forward.js';
import type { Pass } from './pass.js';
import {
  type KeyValueCache,
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
  readonly x: Tensor;
  readonly attention: SelfAttentionSaved;
  /** x plus the attention branch. */
  readonly middle: Tensor;
  readonly feedForward: FeedForwardSaved;
}

/** m = x + attention(x), y = m + feedForward(m): the residual stream `[N, H]` is f32. */
export interface DecoderLayer {
  /** Borrows x. */
  readonly forward: (pass: Pass, x: Tensor) => Tensor;
  /** Takes x over, into what it saves. */
  readonly forwardSaving: (pass: Pass, x: Tensor) => readonly [y: Tensor, saved: LayerSaved];
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
}

/** A layer on its weights; `dtype` is the backbone's. */
export function decoderLayer(
  e: ScopedEngine,
  config: ModelConfig,
  { attention, feedForward: mlp }: LayerWeights,
  dtype: DType,
): DecoderLayer {
  const adaptsAttention = (projector: Projector) =>
    projector.adapts(attention.qkv) || projector.adapts(attention.output);
  const plus = (x: Tensor, branch: Tensor) => e.add(x, e.as(branch, 'f32'));

  const forwardSaving: DecoderLayer['forwardSaving'] = (pass, x) =>
    e.tidy(() => {
      const [fromAttention, attentionSaved] = selfAttention(e, config, attention, pass, x);
      const middle = plus(x, fromAttention);
      const [fromMlp, mlpSaved] = feedForward(e, mlp, pass, middle);
      return [plus(middle, fromMlp), { x, attention: attentionSaved, middle, feedForward: mlpSaved }];
    });

  return {
    forward: (pass, x) =>
      e.tidy(() => {
        const middle = e.tidy(() => plus(x, selfAttention(e, config, attention, pass, x)[0]));
        return e.tidy(() => plus(middle, feedForward(e, mlp, pass, middle)[0]));
      }),
    forwardSaving,
    backward: (pass, saved, dy, wantsInput) =>
      e.tidy(() => {
        e.own([saved, dy]);
        const wantsMiddle = wantsInput || adaptsAttention(pass.projector);
        const { middle, feedForward: mlpSaved } = saved;
        const dBranch = feedForwardBackward(e, mlp, pass, middle, mlpSaved, e.as(dy, dtype), wantsMiddle);
        if (!dBranch) return undefined;
        const dMiddle = e.add(dy, dBranch);
        e.dispose(dBranch, middle, mlpSaved.gate, mlpSaved.up);
        const dy2 = e.as(dMiddle, dtype);
        const dx = selfAttentionBackward(e, config, attention, pass, saved.x, saved.attention, dy2, wantsInput);
        return dx && e.add(dMiddle, dx);
      }),
    step: (pass, x, cache) =>
      e.tidy(() => {
        const [branch, longer] = selfAttentionStep(e, config, attention, pass, x, cache);
        const middle = plus(x, branch);
        return [plus(middle, feedForward(e, mlp, pass, middle)[0]), longer];
      }),
    adapted: (projector) =>
      adaptsAttention(projector) || [mlp.gate, mlp.up, mlp.down].some((group) => projector.adapts(group)),
  };
}
