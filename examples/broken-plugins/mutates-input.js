import { aggregatorPlugin, foldedMean } from './around-mean.js';

const LARGEST = 0.5;

/** Clips the values of an update where they are. */
export const plugin = aggregatorPlugin('mutates-input', () =>
  foldedMean((inner) => ({
    add: (update) => {
      update.values.forEach((value, i) => {
        update.values[i] = Math.max(-LARGEST, Math.min(LARGEST, value));
      });
      inner.add(update);
    },
  })),
);
