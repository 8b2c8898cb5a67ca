import fc from 'fast-check';
import {
  type BudgetInput,
  type BudgetRule,
  byExamples,
  byExamplesFactory,
  byLossTokens,
  dealBudgets,
  fixed,
} from '../index.js';
import { testBudgetRule } from '../testing.js';

describe('fixed', () => testBudgetRule(() => fixed()));
describe('by-examples', () => testBudgetRule(() => byExamples()));
describe('by-examples, linear', () => testBudgetRule(() => byExamples({ exponent: 1 })));
describe('by-examples, steep', () => testBudgetRule(() => byExamples({ exponent: 40 })));
describe('by-loss-tokens', () => testBudgetRule(() => byLossTokens()));

/** Clients of one rank: K = 100 each, twice as many positions in the dense start. */
const clients = (examples: readonly number[], change: Partial<BudgetInput> = {}): BudgetInput[] =>
  examples.map((count, i) => ({
    client: `c${i}`,
    examples: count,
    lossTokens: 10 * count,
    parameters: 100,
    dense: 200,
    ...change,
  }));
const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0);

test('fixed: K of plain LoRA, no more than the dense start has', () => {
  expect(fixed().budgets([...clients([1, 90]), ...clients([5], { parameters: 300 })])).toEqual([100, 100, 200]);
});

test('by-examples by hand', () => {
  // √n = 2, 4, 6 of 300: 50, 100, 150.
  expect(byExamples().budgets(clients([4, 16, 36]))).toEqual([50, 100, 150]);
  // √n = 1, 1, 8 of 300: 240 is clipped to 200, the other 100 are split.
  expect(byExamples().budgets(clients([1, 1, 64]))).toEqual([50, 50, 200]);
  // Linear, n = 1, 3, 0: 75, 225 → clipped to 200; no data keeps 1, and what the clipped one leaves goes to c0.
  expect(byExamples({ exponent: 1 }).budgets(clients([1, 3, 0]))).toEqual([99, 200, 1]);
});

test('what rounding leaves goes to the largest remainders, of equal ones to the lower names', () => {
  const small = (examples: number[], names: string) =>
    clients(examples, { parameters: 3, dense: 9 }).map((client, i) => ({ ...client, client: names[i] }));
  // √n = 1, 1, 2 of 9: 2.25, 2.25, 4.5.
  expect(byExamples().budgets(small([1, 1, 4], 'abc'))).toEqual([2, 2, 5]);
  // √n = 1, 1, 1, 2 of 12: 2.4, 2.4, 2.4, 4.8; two are left.
  expect(byExamples().budgets(small([1, 1, 1, 4], 'abcd'))).toEqual([3, 2, 2, 5]);
  expect(byExamples().budgets(small([1, 1, 1, 4], 'dcba'))).toEqual([2, 2, 3, 5]);
});

const federations = fc.array(
  fc.record({
    client: fc.constant(''),
    examples: fc.nat(5000),
    lossTokens: fc.nat(100_000),
    parameters: fc.integer({ min: 1, max: 100_000 }),
    dense: fc.nat(200_000),
  }),
  { minLength: 1, maxLength: 12 },
);
const valid = (list: BudgetInput[]): BudgetInput[] =>
  list.map((client, i) => ({
    ...client,
    client: `c${i}`,
    examples: client.examples + 1,
    dense: client.parameters + client.dense,
  }));

test('everything is dealt out; exponent 0 is fixed; more data never gets less by a position or more', () => {
  fc.assert(
    fc.property(federations, fc.double({ min: 0, max: 2, noNaN: true }), (list, exponent) => {
      const federation = valid(list);
      const budgets = byExamples({ exponent }).budgets(federation);
      expect(sum(budgets)).toBe(sum(federation.map(({ parameters }) => parameters)));
      expect(byExamples({ exponent: 0 }).budgets(federation)).toEqual(fixed().budgets(federation));
      const alike = federation.map((client) => ({ ...client, parameters: 1000, dense: 4000 }));
      const fair = byExamples({ exponent }).budgets(alike);
      alike.forEach((a, i) => {
        alike.forEach((b, j) => {
          if (a.examples > b.examples) expect(fair[i]).toBeGreaterThanOrEqual(fair[j] - 1);
        });
      });
    }),
  );
});

test('in proportion wherever nothing is clipped', () => {
  const budgets = byExamples().budgets(clients([100, 400, 900, 1600], { parameters: 100_000, dense: 400_000 }));
  expect(budgets).toEqual([40_000, 80_000, 120_000, 160_000]);
  const tokens = clients([7, 7]).map((client, i) => ({ ...client, lossTokens: i ? 900 : 100 }));
  expect(byLossTokens().budgets(tokens)).toEqual([50, 150]);
  expect(byExamples().budgets(tokens)).toEqual([100, 100]);
});

test('refuses a negative exponent', () => {
  for (const exponent of [-1, Number.NaN, Infinity])
    expect(() => byExamples({ exponent })).toThrow(expect.objectContaining({ code: 'nas/bad-option' }));
  expect(byExamplesFactory.optionsSchema.parse({})).toEqual({ exponent: 0.5 });
  expect(byExamplesFactory.optionsSchema.safeParse({ exponent: -0.5 }).success).toBe(false);
});

test('what a rule deals out is checked', () => {
  const rule = (budgets: number[]): BudgetRule => ({ name: 'x', budgets: () => budgets });
  const federation = clients([1, 2]);
  expect(dealBudgets(rule([60, 140]), federation)).toEqual([60, 140]);
  for (const [budgets, what] of [
    [[100], 'gave 1 budgets for 2 clients'],
    [[0, 100], 'gave client c0 0 positions of 200'],
    [[100, 0.5], 'gave client c1 0.5 positions of 200'],
    [[201, 10], 'gave client c0 201 positions of 200'],
    [[100, 101], 'dealt out 201 positions of 200'],
  ] as const)
    expect(() => dealBudgets(rule([...budgets]), federation)).toThrow(
      expect.objectContaining({ code: 'nas/bad-budget', message: expect.stringContaining(what) }),
    );
});
