import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Codec } from '../contract.js';

/** Values as they are, four bytes each, bit for bit. */
export function f32(): Codec {
  return {
    name: 'f32',
    bytes: (count) => 4 * count,
    encode: (values) => new Uint8Array(Float32Array.from(values).buffer),
    decode: (bytes, count) => new Float32Array(bytes.slice().buffer, 0, count),
  };
}

/** Factory of {@link f32}. */
export const f32Factory = defineStrategy({
  kind: 'codec',
  name: 'f32',
  summary: 'Values as they are, four bytes each.',
  optionsSchema: z.strictObject({}),
  conformance: { traits: { error: 0 } },
  make: f32,
});
