import type { Layout } from '@perfit/lora';
import type { Moment } from './moment.js';
import { backwardMoments, decodingMoments, evaluationMoments, vectorMoments } from './moments.js';
import { changedCopies, factorBytes, type PassSize, weightBytes } from './sizes.js';

/** Bytes by part, at the moment of a pass at which most is alive. */
export interface PassMemory {
  /** When that is. */
  readonly moment: Moment['name'];
  readonly parts: {
    /** Frozen weights, laid out for the kernels, and changed copies of them. */
    readonly weights: number;
    /** What layers from the lowest adapted one upwards keep for their backward. */
    readonly saved: number;
    /** One chunk of logits, with its gradient. */
    readonly logits: number;
    /** Everything else of the pass. */
    readonly temporary: number;
    /** Values, moments, masks, factors and gradients of the adapter. */
    readonly adapter: number;
    /** Sums of gradients and of their squares. */
    readonly statistics: number;
    /** What a kernel allocates for itself: in bf16 operands widened to f32, attention's gradients of keys and values. */
    readonly scratch: number;
  };
  /** Most that the engine's tensors hold at any moment, which may be another one: kernels' scratch is none of them. */
  readonly tensors: number;
  readonly total: number;
}

/** Flat vectors `[P]` of adapters that lie on the engine. */
export interface AdapterVectors {
  readonly layout: Layout;
  readonly vectors: number;
}

/** What a training step's memory depends on besides the pass. */
export interface TrainingSize extends PassSize {
  /** The adapter. */
  readonly layout: Layout;
  /** What is gathered over the steps: gradients, and with `fisher` their squares by example; default: nothing. */
  readonly statistics?: 'gradient' | 'fisher' | undefined;
  /** Whether gradients are clipped. */
  readonly clip?: boolean;
  /** Whether layers keep just their inputs for the backward. */
  readonly checkpointing?: boolean;
  /** Flat vectors `[P]` on the engine beside the session's own: of a local update rule, of another session. */
  readonly vectors?: number;
}

/** Values, anchor, mask, scales, two moments, the last gradient; and the slots of a step. */
const VECTORS = 8;

/** Cosines and sines of every position of the longest sequence. */
const rotationBytes = ({ config, longest }: PassSize): number => 4 * longest * config.headSize;

function atPeak(
  moments: readonly Moment[],
  size: PassSize,
  layout: Layout,
  held: { adapter: number; statistics: number },
): PassMemory {
  const tensorsOf = (m: Moment) => m.saved + m.logits + m.temporary + m.gradients;
  const bytes = (m: Moment) => tensorsOf(m) + m.scratch;
  const peak = moments.reduce((most, next) => (bytes(next) > bytes(most) ? next : most));
  const { name, saved, logits, temporary, gradients, scratch } = peak;
  const copies = size.changed ? changedCopies(size, layout).held : 0;
  const weights = weightBytes(size) + copies + rotationBytes(size);
  const { adapter, statistics } = held;
  const parts = { weights, saved, logits, temporary, adapter: adapter + gradients, statistics, scratch };
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  const tensors = weights + adapter + statistics + Math.max(...moments.map(tensorsOf));
  return { moment: name, parts, tensors, total };
}

/**
 * Memory of one training step: frozen weights, what the backward keeps, what is alive for a moment, and the adapter's
 * vectors, at the moment when their sum is largest. Nothing is measured: sizes come from the shapes, and which tensors are
 * alive together from the order of the blocks. A layer keeps of each token
 *
 *     2 (H + 1) f32  +  (q + k + v + z) and 2 F in the backbone's element type  +  one f32 a head,
 *
 * the last one's feed-forward of the loss positions alone, and only layers from the lowest adapted one upwards keep anything; with checkpointing all but the last keep their
 * input alone, H f32. q, k, v and z count their elements over all heads. Of an architecture that leaves out whole
 * components give the layout of its live ones (`compactLayout`).
 *
 * @example
 * const batch = { tokens: 1024, lossTokens: 512, longest: 256 };
 * const { total, parts } = trainingMemory({ config, dtype: 'f32', panel: 16, ...batch, layout });
 */
export function trainingMemory(size: TrainingSize): PassMemory {
  const { layout, statistics, clip = false, vectors = 0, checkpointing = false } = size;
  const P = 4 * layout.size;
  const fisher = statistics === 'fisher';
  return atPeak(
    [...backwardMoments(size, layout, { fisher, checkpointing }), ...vectorMoments(layout, fisher, clip)],
    size,
    layout,
    {
      adapter: (VECTORS + vectors) * P + factorBytes(size.config, layout),
      statistics: statistics === undefined ? 0 : fisher ? 2 * P : P,
    },
  );
}

function adapterOf(size: PassSize, layout: Layout, vectors: number) {
  return { adapter: vectors * 4 * layout.size + factorBytes(size.config, layout), statistics: 0 };
}

/** Memory of scoring one batch, with `vectors` flat vectors of adapters of `layout` on the engine. */
export function evaluationMemory({ layout, vectors, ...size }: PassSize & AdapterVectors): PassMemory {
  return atPeak(evaluationMoments(size, layout), size, layout, adapterOf(size, layout, vectors));
}

/** Memory of generating after `tokens` tokens of one sequence: the keys and values of all of them, in every layer. */
export function decodingMemory({
  layout,
  vectors,
  ...size
}: Omit<PassSize, 'lossTokens'> & AdapterVectors): PassMemory {
  const whole = { ...size, lossTokens: 1 };
  return atPeak(decodingMoments(whole), whole, layout, adapterOf(whole, layout, vectors));
}
