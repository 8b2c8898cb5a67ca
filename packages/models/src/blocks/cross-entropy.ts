import type { Tensor } from '@perfit/tensorflow';
import type { ScopedEngine } from '../scope.js';
import type { NormSaved, RmsNorm } from './rms-norm.js';

/** The last norm and the head `[V, H]`, which turn hidden states into logits. */
export interface Head {
  readonly norm: RmsNorm;
  readonly weight: Tensor;
}

/** Hidden states `[N, H]` f32, and where in them (i32 `[M]`) which token (i32 `[M]`) is to follow. */
export interface Targets {
  readonly hidden: Tensor;
  readonly positions: Tensor;
  readonly labels: Tensor;
}

/** Logits that exist at once: 34 MB of them. */
const LOGITS_AT_ONCE = 1 << 23;

/** Consecutive ranges of rows whose logits fit. */
function chunks(rows: number, vocabulary: number): { readonly begin: number; readonly size: number }[] {
  const most = Math.max(1, Math.floor(LOGITS_AT_ONCE / vocabulary));
  return Array.from({ length: Math.ceil(rows / most) }, (_, i) => ({
    begin: i * most,
    size: Math.min(most, rows - i * most),
  }));
}

/** Logits `[rows, V]` f32 of normalised rows `[rows, H]`. */
function logitsOf(e: ScopedEngine, head: Head, rows: Tensor): Tensor {
  return e.tidy(() => e.as(e.matmul(rows, head.weight, { transposeB: true }), 'f32'));
}

/** Logits `[M, V]` f32 at positions of the hidden states. Borrows everything. */
export function headLogits(e: ScopedEngine, head: Head, { hidden, positions }: Omit<Targets, 'labels'>): Tensor {
  return e.tidy(() => logitsOf(e, head, head.norm.forward(e.gather(hidden, positions))[0]));
}

function inChunks<Part>(
  e: ScopedEngine,
  head: Head,
  labels: Tensor,
  normalised: Tensor,
  body: (rows: Tensor, step: { readonly losses: Tensor; readonly gradient: Tensor }, begin: number) => Part,
): Part[] {
  const width = normalised.shape[1];
  return chunks(labels.shape[0], head.weight.shape[0]).map(({ begin, size }) =>
    e.tidy(() => {
      const rows = e.slice(normalised, [begin, 0], [size, width]);
      const logits = logitsOf(e, head, rows);
      const step = e.crossEntropy(logits, e.slice(labels, [begin], [size]));
      e.dispose(logits);
      return body(rows, step, begin);
    }),
  );
}

/** One tensor of the parts; `[0, …]` of no parts. */
function joined(e: ScopedEngine, parts: readonly Tensor[], empty: readonly number[]): Tensor {
  if (parts.length === 1) return parts[0];
  return parts.length ? e.concat(parts, 0) : e.upload(new Float32Array(0), empty);
}

/** Losses `[M]`: −log p(label), from logits that never exist whole. Borrows everything. */
export function crossEntropy(e: ScopedEngine, head: Head, { hidden, positions, labels }: Targets): Tensor {
  return e.tidy(() => {
    const [normalised] = head.norm.forward(e.gather(hidden, positions));
    return joined(
      e,
      inChunks(e, head, labels, normalised, (_, { losses }) => losses),
      [0],
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
 * Losses `[M]` and the gradient `[N, H]` of Σ_m weights[m] · loss_m by the hidden states; `weights` is `[M, 1]` f32.
 * With `wantsWeights` also the gradients of the head. Borrows everything.
 */
export function crossEntropyBackward(
  e: ScopedEngine,
  head: Head,
  { hidden, positions, labels }: Targets,
  weights: Tensor,
  wantsWeights: boolean,
): { readonly losses: Tensor; readonly dHidden: Tensor; readonly gradients: HeadGradients | undefined } {
  return e.tidy(() => {
    const x = e.gather(hidden, positions);
    const [normalised, inverse] = head.norm.forward(x);
    const saved: NormSaved = { x, inverse };
    const { dtype } = head.weight;
    const parts = inChunks(e, head, labels, normalised, (rows, { losses, gradient }, begin) => {
      const dLogits = e.as(gradient, dtype);
      const share = e.slice(weights, [begin, 0], [rows.shape[0], 1]);
      // A loss's weight scales a row of H numbers here instead of V above.
      const dRows = e.mul(e.as(e.matmul(dLogits, head.weight), 'f32'), share);
      const dWeight = wantsWeights
        ? e.matmul(gradient, e.mul(e.as(rows, 'f32'), share), { transposeA: true })
        : undefined;
      return { losses, dRows, dWeight };
    });
    const dRows = joined(
      e,
      parts.map((part) => part.dRows),
      [0, x.shape[1]],
    );
    const dHidden = e.scatterAdd(positions, head.norm.backward(saved, dRows), hidden.shape[0]);
    const losses = joined(
      e,
      parts.map((part) => part.losses),
      [0],
    );
    if (!wantsWeights) return { losses, dHidden, gradients: undefined };
    const weight = e.addN(parts.map((part) => part.dWeight!));
    return { losses, dHidden, gradients: { norm: head.norm.weightGradient(saved, dRows), weight } };
  });
}
