import { half } from '../half.js';
import { blockwise } from '../quantisation.js';
import { scaleAndMinimum } from '../scale-and-minimum.js';

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
