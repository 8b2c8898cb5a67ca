import { aggregatorPlugin, foldedMean } from './around-mean.js';

/** Momentum whose last mean is kept in a variable: two federations in one process share it, a resumed one has lost it. */
let last;

export const plugin = aggregatorPlugin('leaks-state', () =>
  foldedMean((inner) => ({
    finish: () => {
      const { g } = inner.finish();
      const before = last?.length === g.length ? last : g;
      last = g.map((value, p) => 0.9 * value + 0.1 * before[p]);
      return { g: last };
    },
  })),
);
