import { defineStrategy } from '@perfit/strategy';
import type { ServerRule } from '../contract.js';
import { type AdaptiveOptions, adaptive, adaptiveSchema } from './adaptive.js';

/**
 * FedAdagrad (Reddi et al. 2021, Algorithm 2): with Δ = mean − g
 *
 *     m ← β₁ m + (1 − β₁) Δ,  v ← v + Δ²,  g ← g + η m / (√v + τ)
 *
 * State: the aggregator's, `fed-adagrad/m [P]` from 0 and `fed-adagrad/v [P]` from τ².
 *
 * @throws `aggregation/bad-option` unless 0 ≤ β₁ < 1, η > 0 and τ > 0.
 */
export function fedAdagrad({ beta1 = 0, ...options }: AdaptiveOptions = {}): ServerRule {
  return adaptive('fed-adagrad', { beta1, ...options }, (v, square) => v + square);
}

/** Factory of {@link fedAdagrad}. */
export const fedAdagradFactory = defineStrategy({
  kind: 'serverRule',
  name: 'fed-adagrad',
  summary: 'FedAdagrad: steps scaled by the sum of all squared changes.',
  optionsSchema: adaptiveSchema(0),
  conformance: { traits: { weighted: false } },
  make: fedAdagrad,
});
