/**
 * Scale and minimum, 6 bits each, of sub-block j of a K-quant's eight: the upper four keep their top two bits in the
 * bytes of the lower four.
 */
export function scaleAndMinimum(bytes: Uint8Array, at: number, j: number): [number, number] {
  if (j < 4) return [bytes[at + j] & 63, bytes[at + j + 4] & 63];
  const low = bytes[at + j + 4];
  return [(low & 15) | ((bytes[at + j - 4] >> 6) << 4), (low >> 4) | ((bytes[at + j] >> 6) << 4)];
}
