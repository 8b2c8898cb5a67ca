import { half } from '../half.js';
import { blockwise } from '../quantisation.js';
import { scaleAndMinimum } from '../scale-and-minimum.js';

/** Q5_K: as Q4_K, the fifth bit of q in 32 bytes before the nibbles, bit j of byte i for number i of sub-block j. */
export const q5_k = blockwise('Q5_K', 13, 256, 176, (bytes, at, values, to) => {
  const scale = half(bytes, at);
  const minimum = half(bytes, at + 2);
  for (let j = 0; j < 8; j++) {
    const [s, t] = scaleAndMinimum(bytes, at + 4, j);
    const nibbles = at + 48 + (j >> 1) * 32;
    const shift = (j & 1) * 4;
    for (let i = 0; i < 32; i++) {
      const q = ((bytes[nibbles + i] >> shift) & 15) | (((bytes[at + 16 + i] >> j) & 1) << 4);
      values[to + j * 32 + i] = scale * s * q - minimum * t;
    }
  }
});
