/// <reference types="jest" />
import { installedEngine } from './cache.js';
import type { Engine } from './contract.js';
import { arithmeticSuite } from './testing/arithmetic-suite.js';
import { attentionSuite } from './testing/attention-suite.js';
import { type Bench, bench } from './testing/compare.js';
import { fusedSuite } from './testing/fused-suite.js';
import { linearSuite } from './testing/linear-suite.js';
import { lowRankSuite } from './testing/low-rank-suite.js';
import { memorySuite } from './testing/memory-suite.js';
import { segmentProductsSuite } from './testing/segment-products-suite.js';

export { type CountingEngine, countingEngine } from './testing/counting-engine.js';
export { loadTfjs } from './testing/tfjs.js';

/**
 * Fails any test of the enclosing block that leaves a tensor alive or ends one too many.
 *
 * @example
 * let engine: Engine;
 * beforeAll(async () => { engine = await createEngine(); });
 * guardTensors(() => engine);
 */
export function guardTensors(engine: () => Engine): void {
  let before = 0;
  beforeEach(() => {
    before = engine().live();
  });
  afterEach(() => {
    expect(engine().live()).toBe(before);
  });
}

/**
 * The contract of every {@link Engine}, as a jest suite: each operation against plain JavaScript, with broadcasting,
 * transposes, empty and one-element tensors, extremes, bf16 rounding, errors and leaks.
 *
 * @example
 * describe('wasm', () => testEngine(() => createEngine({ prefer: 'wasm' })));
 */
export function testEngine(make: () => Promise<Engine>): void {
  let made: Bench;
  beforeAll(async () => {
    made = bench(await make());
  });
  guardTensors(() => made.engine);
  memorySuite(() => made);
  arithmeticSuite(() => made);
  fusedSuite(() => made);
  linearSuite(() => made);
  lowRankSuite(() => made);
  attentionSuite(() => made);
  segmentProductsSuite(() => made);
}

/**
 * `describe` for tests of the native engine. Where it is not installed they are skipped, and in CI (`CI` set) fail.
 */
export function describeNative(name: string, body: () => void): void {
  if (installedEngine()) describe(name, body);
  else if (process.env.CI)
    test(`${name}: the native engine is installed`, () => {
      throw new Error('CI runs the tests of the native engine: install it first.');
    });
  else describe.skip(`${name} (the native engine is not installed)`, body);
}
