import { half } from '../half.js';
import { blockwise } from '../quantisation.js';

/** Q6_K: low nibbles, high pairs of bits, sixteen signed scales s, d (F16); w = d · s · (q − 32). */
export const q6_k = blockwise('Q6_K', 14, 256, 210, (bytes, at, values, to) => {
  const scale = half(bytes, at + 208);
  for (let i = 0; i < 256; i++) {
    const side = i >> 7;
    const low = bytes[at + side * 64 + (i & 63)] >> (i & 64 ? 4 : 0);
    const high = bytes[at + 128 + side * 32 + (i & 31)] >> (((i >> 5) & 3) * 2);
    const s = (bytes[at + 192 + (i >> 4)] << 24) >> 24;
    values[to + i] = scale * s * (((low & 15) | ((high & 3) << 4)) - 32);
  }
});
