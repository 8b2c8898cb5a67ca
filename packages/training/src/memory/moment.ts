import type { PassSize } from './sizes.js';

/** Bytes alive at one moment of a step, without what is alive throughout. */
export interface Moment {
  readonly name: 'adapter' | 'frozen' | 'forward' | 'logits' | 'feed-forward' | 'attention' | 'gradients' | 'optimiser';
  /** What layers keep for their backward. */
  readonly saved: number;
  /** Logits and their gradient. */
  readonly logits: number;
  /** Everything else of the pass. */
  readonly temporary: number;
  /** Gradients and vectors of the adapter. */
  readonly gradients: number;
  /** What a kernel allocates for itself beside the engine's tensors. */
  readonly scratch: number;
}

/** A moment of which all but the given bytes are 0. */
export const moment = (name: Moment['name'], bytes: Partial<Omit<Moment, 'name'>>): Moment => ({
  name,
  saved: 0,
  logits: 0,
  temporary: 0,
  gradients: 0,
  scratch: 0,
  ...bytes,
});

/** Ids, positions, labels, weights and losses of a batch. */
export const batchBytes = ({ tokens, lossTokens }: PassSize): number => 4 * (tokens + 4 * lossTokens);
