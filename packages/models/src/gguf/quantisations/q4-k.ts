import { half } from '../half.js';
import { blockwise } from '../quantisation.js';

/** Scale and minimum, 6 bits each, of sub-block j: the upper four keep their top two bits in the bytes of the lower four. */
function scaleAndMinimum(bytes: Uint8Array, at: number, j: number): [number, number] {
  if (j < 4) return [bytes[at + j] & 63, bytes[at + j + 4] & 63];
  const low = bytes[at + j + 4];
  return [(low & 15) | ((bytes[at + j - 4] >> 6) << 4), (low >> 4) | ((bytes[at + j] >> 6) << 4)];
}

/** Q4_K: d and m (F16), then eight sub-blocks of 32 nibbles q, each with a scale s and minimum t; w = d·s·q − m·t. */
export const q4_k = blockwise('Q4_K', 12, 256, 144, (bytes, at, values, to) => {
  const scale = half(bytes, at);
  const minimum = half(bytes, at + 2);
  for (let j = 0; j < 8; j++) {
    const [s, t] = scaleAndMinimum(bytes, at + 4, j);
    const nibbles = at + 16 + (j >> 1) * 32;
    const shift = (j & 1) * 4;
    for (let i = 0; i < 32; i++)
      values[to + j * 32 + i] = scale * s * ((bytes[nibbles + i] >> shift) & 15) - minimum * t;
  }
});
