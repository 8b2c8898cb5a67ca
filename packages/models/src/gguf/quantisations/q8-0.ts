import { half } from '../half.js';
import { blockwise } from '../quantisation.js';

/** Q8_0: scale d (F16), 32 signed bytes q; w = d · q. */
export const q8_0 = blockwise('Q8_0', 8, 32, 34, (bytes, at, values, to) => {
  const scale = half(bytes, at);
  for (let i = 0; i < 32; i++) values[to + i] = scale * ((bytes[at + 2 + i] << 24) >> 24);
});
