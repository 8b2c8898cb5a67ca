import { z } from 'zod';
import type { ServerRule } from '../contract.js';
import { checkOption } from '../option-range.js';
import { serverRule } from '../server-step.js';

/** Options of the adaptive server rules. */
export interface AdaptiveOptions {
  /** η. Default 0.003, about what an entry of an adapter moves in a round (ours: the paper tunes it per task). */
  readonly learningRate?: number;
  /** β₁, the decay of the first moment. Default 0.9; 0 for FedAdagrad, as in the paper's experiments. */
  readonly beta1?: number;
  /** τ, the degree of adaptivity: smaller adapts more. Default 0.001, the paper's. */
  readonly tau?: number;
}

/** Options of {@link fedAdam} and {@link fedYogi}. */
export interface DecayingOptions extends AdaptiveOptions {
  /** β₂, the decay of the second moment. Default 0.99, the paper's. */
  readonly beta2?: number;
}

const decay = z.number().min(0).lt(1);
const positive = (value: number) => z.number().gt(0).default(value);

/** Schema of {@link AdaptiveOptions}, for a default of β₁. */
export const adaptiveSchema = (beta1: number) =>
  z.strictObject({ learningRate: positive(0.003), beta1: decay.default(beta1), tau: positive(0.001) });

/** Schema of {@link DecayingOptions}. */
export const decayingSchema = adaptiveSchema(0.9).extend({ beta2: decay.default(0.99) });

/** @throws `aggregation/bad-option` unless 0 ≤ β < 1. */
export const checkDecay = (name: string, beta: number): void =>
  checkOption(name, beta, beta >= 0 && beta < 1, 'a number from 0 up to, not including, 1');

/**
 * The adaptive rules of Reddi et al. 2021, Algorithm 2, which differ in the second moment alone: with Δ = mean − g
 *
 *     m ← β₁ m + (1 − β₁) Δ,  v ← second(v, Δ²),  g ← g + η m / (√v + τ)
 *
 * without bias correction; m starts from 0 and v from τ² (the paper asks for τ² or more).
 */
export function adaptive(
  name: string,
  { learningRate = 0.003, beta1 = 0.9, tau = 0.001 }: AdaptiveOptions,
  second: (v: number, square: number) => number,
): ServerRule {
  checkOption('learningRate', learningRate, learningRate > 0 && Number.isFinite(learningRate), 'a number above 0');
  checkOption('tau', tau, tau > 0 && Number.isFinite(tau), 'a number above 0');
  checkDecay('beta1', beta1);
  return serverRule({
    name,
    moments: { m: 0, v: tau * tau },
    step: (delta, { m, v }, p) => {
      const first = beta1 * m[p] + (1 - beta1) * delta;
      const square = second(v[p], delta * delta);
      m[p] = first;
      v[p] = square;
      return (learningRate * first) / (Math.sqrt(square) + tau);
    },
  });
}
