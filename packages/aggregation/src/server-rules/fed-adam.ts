import { defineStrategy } from '@perfit/strategy';
import type { ServerRule } from '../contract.js';
import { adaptive, checkDecay, type DecayingOptions, decayingSchema } from './adaptive.js';

/**
 * FedAdam (Reddi et al. 2021, Algorithm 2): with Δ = mean − g
 *
 *     m ← β₁ m + (1 − β₁) Δ,  v ← β₂ v + (1 − β₂) Δ²,  g ← g + η m / (√v + τ)
 *
 * without bias correction. State: the aggregator's, `fed-adam/m [P]` from 0 and `fed-adam/v [P]` from τ².
 *
 * @throws `aggregation/bad-option` unless 0 ≤ β < 1, η > 0 and τ > 0.
 */
export function fedAdam({ beta2 = 0.99, ...options }: DecayingOptions = {}): ServerRule {
  checkDecay('beta2', beta2);
  return adaptive('fed-adam', options, (v, square) => beta2 * v + (1 - beta2) * square);
}

/** Factory of {@link fedAdam}. */
export const fedAdamFactory = defineStrategy({
  kind: 'serverRule',
  name: 'fed-adam',
  summary: 'FedAdam: Adam on the server: steps scaled by a decaying mean of squared changes.',
  optionsSchema: decayingSchema,
  conformance: { traits: { weighted: false } },
  make: fedAdam,
});
