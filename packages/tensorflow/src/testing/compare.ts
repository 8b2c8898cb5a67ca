/// <reference types="jest" />
import type { Engine, Tensor } from '../contract.js';
import type { Dense } from './reference.js';

/** What a suite needs of the engine under test: uploads, and comparisons that dispose what they compare. */
export interface Bench {
  readonly engine: Engine;
  readonly up: (x: Dense) => Tensor;
  readonly indices: (...values: number[]) => Tensor;
  /** Compares and disposes: |actual − expected| ≤ tolerance · (1 + |expected|); NaN equals NaN, ∞ equals ∞. */
  readonly check: (actual: Tensor, expected: Dense, tolerance?: number) => void;
  /** Compares with a tensor, and disposes both. */
  readonly near: (actual: Tensor, expected: Tensor, tolerance: number) => void;
}

/** Makes the bench of an engine. */
export function bench(engine: Engine): Bench {
  const check: Bench['check'] = (actual, expected, tolerance = 2e-6) => {
    expect(actual.shape).toEqual(expected.shape);
    const values = engine.download(actual);
    engine.dispose(actual);
    expect(values.length).toBe(expected.values.length);
    expected.values.forEach((want, index) => {
      const got = values[index];
      const same = Object.is(got, want) || got === want;
      if (!same && !(Math.abs(got - want) <= tolerance * (1 + Math.abs(want))))
        throw new Error(`at ${index}: got ${got}, expected ${want}`);
    });
  };
  return {
    engine,
    up: ({ values, shape }) => engine.upload(Float32Array.from(values), shape),
    indices: (...values) => engine.upload(Int32Array.from(values), [values.length]),
    check,
    near: (actual, expected, tolerance) => {
      const values = [...engine.download(expected)];
      check(actual, { shape: expected.shape, values }, tolerance);
      engine.dispose(expected);
    },
  };
}
