import { defineStrategy } from '@perfit/strategy';
import type { ServerRule } from '../contract.js';
import { adaptive, checkDecay, type DecayingOptions, decayingSchema } from './adaptive.js';

/**
 * FedYogi (Reddi et al. 2021, Algorithm 2): with Δ = mean − g
 *
 *     m ← β₁ m + (1 − β₁) Δ,  v ← v − (1 − β₂) Δ² sign(v − Δ²),  g ← g + η m / (√v + τ)
 *
 * without bias correction. State: the aggregator's, `fed-yogi/m [P]` from 0 and `fed-yogi/v [P]` from τ².
 *
 * @throws `aggregation/bad-option` unless 0 ≤ β < 1, η > 0 and τ > 0.
 */
export function fedYogi({ beta2 = 0.99, ...options }: DecayingOptions = {}): ServerRule {
  checkDecay('beta2', beta2);
  return adaptive('fed-yogi', options, (v, square) => v - (1 - beta2) * square * Math.sign(v - square));
}

/** Factory of {@link fedYogi}. */
export const fedYogiFactory = defineStrategy({
  kind: 'serverRule',
  name: 'fed-yogi',
  summary: 'FedYogi: Yogi on the server: as fed-adam, but the second moment moves by no more than the squared change.',
  optionsSchema: decayingSchema,
  conformance: { traits: { weighted: false } },
  make: fedYogi,
});
