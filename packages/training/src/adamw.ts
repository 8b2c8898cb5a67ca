import type { Engine, Tensor } from '@perfit/tensorflow';
import type { OptimizerOptions } from './contract.js';
import { errors } from './errors.js';

/** PyTorch's defaults for LoRA fine-tuning: β₁ 0.9, β₂ 0.999, ε 1e-8, no weight decay, no clipping. */
export const adamwDefaults: OptimizerOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clip: 0 };

/** First and second moments of a flat vector, and how many steps they have seen. */
export interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
  readonly steps: number;
}

/** Refuses options under which AdamW is not defined. ε must be positive: pruned positions divide 0 by it. */
export function checkOptimizer({ beta1, beta2, epsilon, weightDecay, clip }: OptimizerOptions): void {
  const fractions: readonly (readonly [string, number])[] = [
    ['beta1', beta1],
    ['beta2', beta2],
  ];
  for (const [name, value] of fractions)
    if (!(value >= 0 && value < 1))
      throw errors.make('bad-option', {
        what: `${name} is ${value}`,
        cure: 'Use a number from 0 up to, not including, 1',
      });
  if (!(epsilon > 0 && Number.isFinite(epsilon)))
    throw errors.make('bad-option', {
      what: `epsilon is ${epsilon}`,
      cure: 'Use a small positive number, such as 1e-8',
    });
  for (const [name, value] of [
    ['weightDecay', weightDecay],
    ['clip', clip],
  ] as const)
    if (!(value >= 0 && Number.isFinite(value)))
      throw errors.make('bad-option', { what: `${name} is ${value}`, cure: 'Use 0 or a positive number' });
}

/** Moments of zeros. */
export function startMoments(engine: Engine, size: number): Moments {
  const zeros = () => engine.upload(new Float32Array(size), [size]);
  return { first: zeros(), second: zeros(), steps: 0 };
}

/**
 * One AdamW step (Loshchilov & Hutter 2019) over flat vectors `[P]`, as PyTorch's:
 * m ← m + (1−β₁)(g−m), v ← β₂v + (1−β₂)g², w ← w(1 − ηλ) − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε).
 * Where g, m and v are 0, w only decays; `decays` (1 or 0 a position) says where; absent: everywhere.
 * Borrows all; the caller owns what it returns.
 */
export function adamw(
  engine: Engine,
  input: {
    readonly values: Tensor;
    readonly gradient: Tensor;
    readonly moments: Moments;
    readonly learningRate: number;
    readonly options: OptimizerOptions;
    readonly decays?: Tensor | undefined;
  },
): { readonly values: Tensor; readonly moments: Moments } {
  const { values, gradient, moments, learningRate, options } = input;
  const { beta1, beta2, epsilon, weightDecay } = options;
  const steps = moments.steps + 1;
  const after = (made: Tensor, ...used: readonly Tensor[]): Tensor => {
    engine.dispose(...used);
    return made;
  };
  // The bias corrections change every step, so they are no cached constants.
  const rate = engine.upload(Float32Array.of(learningRate / (1 - beta1 ** steps)), []);
  const correction = engine.upload(Float32Array.of(1 / Math.sqrt(1 - beta2 ** steps)), []);

  const apart = engine.sub(gradient, moments.first);
  const moved = after(engine.mul(apart, engine.scalar(1 - beta1)), apart);
  const first = after(engine.add(moments.first, moved), moved);
  const squared = engine.square(gradient);
  const fresh = after(engine.mul(squared, engine.scalar(1 - beta2)), squared);
  const faded = engine.mul(moments.second, engine.scalar(beta2));
  const second = after(engine.add(faded, fresh), faded, fresh);

  const root = engine.sqrt(second);
  const corrected = after(engine.mul(root, correction), root, correction);
  const denominator = after(engine.add(corrected, engine.scalar(epsilon)), corrected);
  const direction = after(engine.div(first, denominator), denominator);
  const change = after(engine.mul(direction, rate), direction, rate);
  if (weightDecay === 0)
    return { values: after(engine.sub(values, change), change), moments: { first, second, steps } };

  const decay = engine.upload(Float32Array.of(learningRate * weightDecay), []);
  const decaying = input.decays ? engine.mul(values, input.decays) : values;
  const shrink = after(engine.mul(decaying, decay), decay, ...(input.decays ? [decaying] : []));
  const shrunk = after(engine.sub(values, shrink), shrink);
  return { values: after(engine.sub(shrunk, change), shrunk, change), moments: { first, second, steps } };
}
