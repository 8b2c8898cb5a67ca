import type { Codec } from '@perfit/aggregation';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** Options of {@link templateName}. */
export interface TemplateNameOptions {
  /** Values are whole numbers from −levels to levels. Default 1000. */
  readonly levels?: number;
}

/**
 * Values over the largest magnitude, as whole numbers of 16 bits: two bytes each, and four for the scale. A value's error
 * is at most half of the largest magnitude / levels; 0 stays 0, so that a pruned position is never revived.
 */
export function templateName({ levels = 1000 }: TemplateNameOptions = {}): Codec {
  return {
    name: 'template-name',
    bytes: (count) => 4 + 2 * count,
    encode: (values) => {
      const view = new DataView(new ArrayBuffer(4 + 2 * values.length));
      const scale = Math.fround(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / levels);
      view.setFloat32(0, scale, true);
      for (const [i, value] of values.entries())
        view.setInt16(4 + 2 * i, scale > 0 ? Math.round(value / scale) : 0, true);
      return new Uint8Array(view.buffer);
    },
    decode: (bytes, count) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const scale = view.getFloat32(0, true);
      return Float32Array.from({ length: count }, (_, i) => scale * view.getInt16(4 + 2 * i, true));
    },
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'codec',
  name: 'template-name',
  summary: 'Whole numbers of 16 bits over one scale.',
  optionsSchema: z.strictObject({ levels: z.int().min(1).max(32767).default(1000) }),
  // The largest error of a value from [−1, 1) that its suite lets pass.
  conformance: { traits: { error: 1 / 1999 } },
  make: templateName,
});
