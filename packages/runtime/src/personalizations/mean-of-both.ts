/** ½ (a + b) */
export const meanOfBoth = (a: Float32Array, b: Float32Array): Float32Array =>
  a.map((value, p) => 0.5 * (value + b[p]!));
