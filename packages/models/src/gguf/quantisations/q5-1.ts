import { half } from '../half.js';
import { blockwise } from '../quantisation.js';

/** Q5_1: scale d and minimum m (F16), 32 fifth bits, 32 nibbles, the low ones first, which make q; w = d · q + m. */
export const q5_1 = blockwise('Q5_1', 7, 32, 24, (bytes, at, values, to) => {
  const scale = half(bytes, at);
  const minimum = half(bytes, at + 2);
  for (let i = 0; i < 32; i++) {
    const low = bytes[at + 8 + (i & 15)] >> (i & 16 ? 4 : 0);
    const high = bytes[at + 4 + (i >> 3)] >> (i & 7);
    values[to + i] = scale * ((low & 15) | ((high & 1) << 4)) + minimum;
  }
});
