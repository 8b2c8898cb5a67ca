import type { Update } from '@perfit/aggregation';
import { aggregatorPlugin, foldedMean } from './around-mean.js';

/** Counts every client the same, however many examples it has. */
export const plugin = aggregatorPlugin('wrong-weighting', () =>
  foldedMean((inner) => ({ add: (update: Update) => inner.add({ ...update, examples: 1 }) })),
);
