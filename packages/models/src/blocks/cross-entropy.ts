import type { PackedMatrix, Tensor } from '@perfit/tensorflow';
import type { ScopedEngine } from '../scope.js';
import type { RmsNorm } from './rms-norm.js';

/** The last norm and the head `[V, H]`, which turn hidden states into logits. */
export interface Head {
  readonly norm: RmsNorm;
  readonly weight: PackedMatrix;
}

/** Hidden states `[M, H]` f32 after the last layer, and which token (i32 `[M]`) is to follow each. */
export interface Targets {
  readonly hidden: Tensor;
  readonly labels: Tensor;
}

/** Bytes of logits that exist at once; their gradient is as large. */
const LOGITS_AT_ONCE = 1 << 25;

/** Rows of logits, of `rowBytes` each, that exist at once of `rows`: chunks of equal size but for the last. */
export function logitRowsAtOnce(rows: number, rowBytes: number): number {
  const chunks = Math.ceil(rows / Math.max(1, Math.floor(LOGITS_AT_ONCE / rowBytes)));
  return chunks === 0 ? 0 : Math.ceil(rows / chunks);
}

/** Logits `[rows, V]` of normalised rows `[rows, H]`, in their element type. */
function logitsOf(e: ScopedEngine, head: Head, rows: Tensor): Tensor {
  return e.linear(rows, head.weight);
}

/** Logits `[M, V]` f32 of hidden states `[M, H]`. Borrows everything. */
export function headLogits(e: ScopedEngine, head: Head, hidden: Tensor): Tensor {
  return e.tidy(() => e.as(logitsOf(e, head, head.norm.forward(hidden)[0]), 'f32'));
}

/** Applies a body to ranges of consecutive rows whose logits fit, of equal size but for the last. */
function inChunks<Part extends Record<string, Tensor>>(
  e: ScopedEngine,
  rows: number,
  { weight }: Head,
  body: (begin: number, size: number) => Part,
): Part[] {
  const rowBytes = weight.shape[0] * (weight.dtype === 'bf16' ? 2 : 4);
  const size = logitRowsAtOnce(rows, rowBytes);
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) =>
    e.tidy(() => body(i * size, Math.min(size, rows - i * size))),
  );
}

function joined(e: ScopedEngine, parts: readonly Tensor[]): Tensor {
  if (parts.length === 1) return parts[0];
  return parts.length ? e.concat(parts, 0) : e.upload(new Float32Array(0), [0]);
}

/** Losses `[M]` f32: −log p(label), from logits that never exist whole. Borrows everything. */
export function crossEntropy(e: ScopedEngine, head: Head, { hidden, labels }: Targets): Tensor {
  return e.tidy(() => {
    const [normalised] = head.norm.forward(hidden);
    const [count, width] = normalised.shape;
    const parts = inChunks(e, count, head, (begin, size) => {
      const logits = logitsOf(e, head, e.slice(normalised, [begin, 0], [size, width]));
      return { losses: e.crossEntropy(logits, e.slice(labels, [begin], [size])).losses };
    });
    return joined(
      e,
      parts.map(({ losses }) => losses),
    );
  });
}

/** Gradients of the head's own weights, for pretraining. */
export interface HeadGradients {
  readonly norm: Tensor;
  /** `[V, H]` */
  readonly weight: Tensor;
}

/**
 * Losses `[M]` f32 and the gradient `[M, H]` f32 of Σ_m weights[m] · loss_m by the hidden states; `weights` is `[M]`
 * f32, M ≥ 1. With `wantsWeights` also the gradients of the head. Borrows everything.
 */
export function crossEntropyBackward(
  e: ScopedEngine,
  head: Head,
  { hidden, labels }: Targets,
  weights: Tensor,
  wantsWeights: boolean,
): { readonly losses: Tensor; readonly dHidden: Tensor; readonly gradients: HeadGradients | undefined } {
  return e.tidy(() => {
    const [normalised, saved] = head.norm.forward(hidden);
    const [count, width] = normalised.shape;
    const parts = inChunks(e, count, head, (begin, size) => {
      const rows = e.slice(normalised, [begin, 0], [size, width]);
      const logits = logitsOf(e, head, rows);
      const share = e.slice(weights, [begin], [size]);
      const { losses, gradient } = e.crossEntropy(logits, e.slice(labels, [begin], [size]), share);
      e.dispose(logits);
      const dRows = e.linearBackward(gradient, head.weight);
      if (!wantsWeights) return { losses, dRows };
      return { losses, dRows, dWeight: e.as(e.matmul(gradient, rows, { transposeA: true }), 'f32') };
    });
    const dRows = joined(
      e,
      parts.map((part) => part.dRows),
    );
    const losses = joined(
      e,
      parts.map((part) => part.losses),
    );
    const dHidden = head.norm.backward(saved, dRows);
    if (!wantsWeights) return { losses, dHidden, gradients: undefined };
    const weight = e.addN(parts.map((part) => part.dWeight!));
    return { losses, dHidden, gradients: { norm: head.norm.weightGradient(saved, dRows), weight } };
  });
}
