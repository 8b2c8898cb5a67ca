import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Codec } from '../contract.js';

/** The upper half of every value's 32 bits, rounded to nearest, ties to even: two bytes each, relative error ≤ 2⁻⁸. */
export function bf16(): Codec {
  return {
    name: 'bf16',
    bytes: (count) => 2 * count,
    encode: (values) => {
      const bits = new Uint32Array(Float32Array.from(values).buffer);
      return new Uint8Array(Uint16Array.from(bits, (x) => (x + 0x7fff + ((x >>> 16) & 1)) >>> 16).buffer);
    },
    decode: (bytes, count) => {
      const halves = new Uint16Array(bytes.slice().buffer, 0, count);
      return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
    },
  };
}

/** Factory of {@link bf16}. */
export const bf16Factory = defineStrategy({
  kind: 'codec',
  name: 'bf16',
  summary: 'Values rounded to bf16, two bytes each.',
  optionsSchema: z.strictObject({}),
  conformance: { traits: { error: 2 ** -8 } },
  make: bf16,
});
