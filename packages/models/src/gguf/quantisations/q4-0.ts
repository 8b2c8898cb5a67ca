import { half } from '../half.js';
import { blockwise } from '../quantisation.js';

/** Q4_0: scale d (F16), 32 nibbles q, the low ones first; w = d · (q − 8). */
export const q4_0 = blockwise('Q4_0', 2, 32, 18, (bytes, at, values, to) => {
  const scale = half(bytes, at);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i];
    values[to + i] = scale * ((pair & 15) - 8);
    values[to + i + 16] = scale * ((pair >> 4) - 8);
  }
});
