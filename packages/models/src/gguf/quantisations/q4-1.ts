import { half } from '../half.js';
import { blockwise } from '../quantisation.js';

/** Q4_1: scale d and minimum m (F16), 32 nibbles q, the low ones first; w = d · q + m. */
export const q4_1 = blockwise('Q4_1', 3, 32, 20, (bytes, at, values, to) => {
  const scale = half(bytes, at);
  const minimum = half(bytes, at + 2);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 4 + i];
    values[to + i] = scale * (pair & 15) + minimum;
    values[to + i + 16] = scale * (pair >> 4) + minimum;
  }
});
