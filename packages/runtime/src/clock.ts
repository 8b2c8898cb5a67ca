import type { Clock } from './contract.js';

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };
