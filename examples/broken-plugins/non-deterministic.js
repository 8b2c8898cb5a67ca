import { aggregatorPlugin, foldedMean } from './around-mean.js';

/** Noise for privacy, from a stream that no seed decides. */
export const plugin = aggregatorPlugin('non-deterministic', () =>
  foldedMean((inner) => ({
    finish: () => ({ g: inner.finish().g.map((value) => value + 1e-8 * (Math.random() - 0.5)) }),
  })),
);
