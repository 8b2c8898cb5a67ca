import type { Update } from '@perfit/aggregation';
import { architectureFrom } from '@perfit/lora';
import { aggregatorPlugin, foldedMean } from './around-mean.js';

/** Takes the values of an update for those of the first positions, whatever its mask says. */
export const plugin = aggregatorPlugin('ignores-mask', () =>
  foldedMean((inner) => ({
    add: (update: Update) => {
      const mask = architectureFrom(update.mask.size, (position) => position < update.values.length);
      inner.add({ ...update, mask, architecture: mask });
    },
  })),
);
