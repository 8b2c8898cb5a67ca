/**
 * Uploads of drawn clients, the same numbers as python/masked_mean.py draws: 32-bit integer hashing, so that both sides
 * make them as they need them and hold one at a time.
 */

/** A hash of (k, seed) in 32 bits. */
function hash(k, seed) {
  let x = (Math.imul(k, 0x9e3779b1) + Math.imul(seed, 0x85ebca77)) | 0;
  x ^= x >>> 15;
  x = Math.imul(x, 0x2c1b3c6d);
  x ^= x >>> 12;
  x = Math.imul(x, 0x297a2d39);
  return (x ^ (x >>> 15)) >>> 0;
}

/** Bits of a mask with about half of its positions live, least significant first; ⌈positions / 8⌉ bytes. */
export function drawMask(client, positions) {
  const words = new Uint32Array(Math.ceil(positions / 32));
  for (let k = 0; k < words.length; k++) words[k] = hash(k, 2 * client);
  const bytes = new Uint8Array(words.buffer, 0, Math.ceil(positions / 8));
  if (positions % 8 !== 0) bytes[bytes.length - 1] &= (1 << (positions % 8)) - 1;
  return bytes;
}

/** Values in [−0.5, 0.5), written into `target`. */
export function drawValues(client, target) {
  for (let j = 0; j < target.length; j++) target[j] = (hash(j, 2 * client + 1) >>> 8) / 2 ** 24 - 0.5;
  return target;
}

/** n_i of a client. */
export const drawExamples = (client) => 1 + (client % 7);
