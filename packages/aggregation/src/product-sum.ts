import type { LowRankFactor, Site } from '@perfit/lora';

/** Σ w b aᵀ of one site as it is summed up, in f64. */
export interface ProductSum {
  /** Adds w b aᵀ, a `[in]`, b `[out]`; copies. */
  readonly add: (weight: number, a: ArrayLike<number>, b: ArrayLike<number>) => void;
  /** Adds B A. */
  readonly addFactor: (factor: LowRankFactor) => void;
  /** The sum times `scale` as B A, of rank 0 where nothing was added. */
  readonly factor: (scale: number) => LowRankFactor;
  /** What it holds: the terms, or once it is dense the rows of the sum `[out][in]`. */
  readonly terms: () =>
    | { readonly a: readonly Float64Array[]; readonly b: readonly Float64Array[] }
    | { readonly rows: readonly Float64Array[] };
}

/**
 * Stacks the terms of a site while there are fewer than min(in, out) of them; from then on it holds their sum itself,
 * since the stack would be no smaller. Exact either way, and bounded however many terms come. A dense sum is the factor
 * B of A = I, or A of B = I, whichever identity is the smaller.
 */
export function productSum({ name, in: width, out }: Pick<Site, 'name' | 'in' | 'out'>): ProductSum {
  const full = Math.min(width, out);
  let a: Float64Array[] = [];
  let b: Float64Array[] = [];
  let dense: Float64Array | undefined;

  /** Skips zeros on both sides: an identity costs no more than a copy. */
  const fillIn = (row: Float64Array, column: Float64Array, sum: Float64Array) => {
    const places = [...row.keys()].filter((i) => row[i] !== 0);
    for (let o = 0; o < out; o++) {
      const weight = column[o];
      if (weight !== 0) for (const i of places) sum[o * width + i] += weight * row[i];
    }
  };
  const add = (weight: number, row: ArrayLike<number>, column: ArrayLike<number>) => {
    const scaled = Float64Array.from(column, (value) => weight * value);
    if (dense) return fillIn(Float64Array.from(row), scaled, dense);
    a.push(Float64Array.from(row));
    b.push(scaled);
    if (a.length < full) return;
    dense = new Float64Array(out * width);
    for (const [k, term] of a.entries()) fillIn(term, b[k], dense);
    a = [];
    b = [];
  };

  return {
    add,
    addFactor: ({ rank, A, B }) => {
      for (let k = 0; k < rank; k++)
        add(
          1,
          A.subarray(k * width, (k + 1) * width),
          Float64Array.from({ length: out }, (_, o) => B[o * rank + k]),
        );
    },
    factor: (scale) => {
      if (dense) {
        const matrix = Float32Array.from(dense, (value) => scale * value);
        const identity = new Float32Array(full * full);
        for (let k = 0; k < full; k++) identity[k * full + k] = 1;
        return width <= out
          ? { site: name, rank: full, A: identity, B: matrix }
          : { site: name, rank: full, A: matrix, B: identity };
      }
      const rank = a.length;
      const A = new Float32Array(rank * width);
      const B = new Float32Array(out * rank);
      for (let k = 0; k < rank; k++) {
        A.set(a[k], k * width);
        for (let o = 0; o < out; o++) B[o * rank + k] = scale * b[k][o];
      }
      return { site: name, rank, A, B };
    },
    terms: () => {
      const sum = dense;
      if (!sum) return { a, b };
      return { rows: Array.from({ length: out }, (_, o) => sum.subarray(o * width, (o + 1) * width)) };
    },
  };
}
