import { half } from '../half.js';
import { blockwise } from '../quantisation.js';

/** Q5_0: scale d (F16), 32 fifth bits, 32 nibbles, the low ones first, which make q; w = d · (q − 16). */
export const q5_0 = blockwise('Q5_0', 6, 32, 22, (bytes, at, values, to) => {
  const scale = half(bytes, at);
  for (let i = 0; i < 32; i++) {
    const low = bytes[at + 6 + (i & 15)] >> (i & 16 ? 4 : 0);
    const high = bytes[at + 2 + (i >> 3)] >> (i & 7);
    values[to + i] = scale * (((low & 15) | ((high & 1) << 4)) - 16);
  }
});
