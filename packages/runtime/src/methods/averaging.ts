import type { StrategyKeys } from '../contract.js';

/** What every averaging method starts from; each says what it does otherwise. */
export const averaging = {
  initialization: 'zero',
  trainable: 'all',
  travel: 'all',
  localUpdate: 'plain',
  personalization: 'none',
  aggregator: 'weighted-mean',
  serverRule: 'none',
  adoption: 'replace',
  codec: 'f32',
} as const satisfies StrategyKeys;
