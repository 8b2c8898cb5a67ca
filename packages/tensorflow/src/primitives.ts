import type { Engine } from './contract.js';

/** The operations that have a kernel of their own on the native engine's CPU. */
export type Fused = Pick<
  Engine,
  | ('rmsNorm' | 'rmsNormBackward' | 'swiglu' | 'swigluBackward' | 'attention' | 'attentionBackward')
  | ('lowRankInput' | 'lowRankGradients' | 'segmentProducts')
>;

/** Products with a frozen matrix: likewise. */
export type FrozenProducts = Pick<Engine, 'pack' | 'packedRows' | 'linear' | 'linearBackward'>;

/** The operations of an engine that others are composed of. */
export type Primitives = Omit<Engine, keyof Fused | keyof FrozenProducts>;
