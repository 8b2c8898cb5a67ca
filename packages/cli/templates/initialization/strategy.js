import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/**
 * A uniform, B zero: BA = 0, so that training starts at the frozen model. Every score is 0 before the first step, since
 * A has no gradient while B is 0. Return `subtracted: true` where BA ≠ 0 and the runtime must take it out of the frozen
 * weights.
 */
export function templateName({ bound = 1 } = {}) {
  return {
    name: 'template-name',
    initialize: ({ layout, random }) => {
      const values = new Float32Array(layout.size);
      for (const { factor, site, offset, size } of layout.slots)
        if (factor === 'A')
          for (let p = offset; p < offset + size; p++) values[p] = (bound * (2 * random() - 1)) / Math.sqrt(site.in);
      return { values, subtracted: false };
    },
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'initialization',
  name: 'template-name',
  summary: 'A uniform, B zero.',
  optionsSchema: z.strictObject({ bound: z.number().positive().default(1) }),
  make: templateName,
});
