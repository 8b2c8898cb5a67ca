/** A vector of float64 numbers. */
export type Vector = Float64Array;

/** a · b */
function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Adds `factor` · x to y. */
export function addScaled(y: Vector, factor: number, x: Vector): void {
  for (let i = 0; i < y.length; i++) y[i] += factor * x[i];
}

/** Orthonormal vectors, to float64 rounding, that grow one by one. */
export interface OrthonormalBasis {
  readonly vectors: readonly Vector[];
  /**
   * Adds the direction of `vector` (consumed) that the vectors so far lack, and returns its length. A vector that they
   * span to rounding gives 0, and a direction that `draw` decides takes its place.
   */
  readonly add: (vector: Vector) => number;
}

/** What is left of a vector is noise below this share of its length. */
const noise = 1e-13;

/** A basis without vectors. Gram–Schmidt twice, which is enough (Giraud et al. 2005). */
export function orthonormalBasis(draw: () => number): OrthonormalBasis {
  const vectors: Vector[] = [];
  const project = (vector: Vector): number => {
    for (let pass = 0; pass < 2; pass++) for (const known of vectors) addScaled(vector, -dot(vector, known), known);
    return Math.sqrt(dot(vector, vector));
  };
  const push = (vector: Vector, length: number) => {
    for (let i = 0; i < vector.length; i++) vector[i] /= length;
    vectors.push(vector);
  };
  return {
    vectors,
    add: (vector) => {
      const whole = Math.sqrt(dot(vector, vector));
      const length = project(vector);
      if (length > noise * whole) {
        push(vector, length);
        return length;
      }
      let other = vector.map(draw);
      while (project(other) < noise) other = vector.map(draw);
      push(other, Math.sqrt(dot(other, other)));
      return 0;
    },
  };
}
