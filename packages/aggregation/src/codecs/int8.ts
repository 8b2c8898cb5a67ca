import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Codec } from '../contract.js';
import { errors } from '../errors.js';

/** Options of {@link int8}. */
export interface Int8Options {
  /** Values that share one scale. Default 64. */
  readonly block?: number;
}

/**
 * Blocks of values over their largest magnitude, as whole numbers from −127 to 127: one byte each and four for a block's
 * scale. The error of a value is at most half of its block's largest magnitude / 127; 0 stays 0.
 *
 * @throws `aggregation/bad-option` unless block is a whole number from 1 up.
 */
export function int8({ block = 64 }: Int8Options = {}): Codec {
  if (!(Number.isSafeInteger(block) && block >= 1))
    throw errors.make('bad-option', { what: `int8: block is ${block}`, cure: 'Use a whole number from 1 up' });
  const blocks = (count: number) => Math.ceil(count / block);
  return {
    name: 'int8',
    bytes: (count) => count + 4 * blocks(count),
    encode: (values) => {
      const bytes = new Uint8Array(values.length + 4 * blocks(values.length));
      const view = new DataView(bytes.buffer);
      const quanta = new Int8Array(bytes.buffer, 4 * blocks(values.length));
      for (let b = 0; b < blocks(values.length); b++) {
        const part = values.subarray(b * block, (b + 1) * block);
        const scale = Math.fround(part.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127);
        view.setFloat32(4 * b, scale, true);
        if (scale > 0) for (let i = 0; i < part.length; i++) quanta[b * block + i] = Math.round(part[i] / scale);
      }
      return bytes;
    },
    decode: (bytes, count) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const quanta = new Int8Array(bytes.buffer, bytes.byteOffset + 4 * blocks(count), count);
      return Float32Array.from(quanta, (quantum, i) => quantum * view.getFloat32(4 * Math.floor(i / block), true));
    },
  };
}

/** Factory of {@link int8}. */
export const int8Factory = defineStrategy({
  kind: 'codec',
  name: 'int8',
  summary: 'Whole numbers of eight bits over a scale per block of values.',
  optionsSchema: z.strictObject({ block: z.int().min(1).default(64) }),
  conformance: { traits: { error: 1 / 254 + 1e-6 } },
  make: int8,
});
