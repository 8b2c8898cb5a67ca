import { aggregatorPlugin, foldedMean } from './around-mean.js';

/** The later an update comes, the more it counts. */
export const plugin = aggregatorPlugin('order-dependent', () =>
  foldedMean((inner) => {
    let arrived = 0;
    return { add: (update) => inner.add({ ...update, examples: update.examples * ++arrived }) };
  }),
);
