import fc from 'fast-check';
import type { Evidence, Loss } from './contract.js';
import { chooseCandidate, evidenceOf, priorOf } from './pooled-choice.js';

const rows = (...sums: readonly number[]): readonly Loss[] =>
  sums.map((lossSum, row) => ({ lossSum, tokens: row + 1 }));
const evidence = (difference: number, variance: number): Evidence => ({
  differences: [difference],
  variances: [variance],
});

test('evidence by hand: a difference of sums over tokens, with the variance of a ratio', () => {
  // Δ = 3, 0 over 1 and 2 tokens: d = 1; Δ − d t = 2, −2; 2/1 · 8 / 9.
  expect(evidenceOf([rows(1, 2), rows(4, 2), rows(1, 2)])).toEqual({ differences: [1, 0], variances: [16 / 9, 0] });
});

test('one row, none, or a loss that is not finite is no evidence', () => {
  expect(evidenceOf([rows(1), rows(2)])).toBeUndefined();
  expect(evidenceOf([[], []])).toBeUndefined();
  expect(evidenceOf([])).toBeUndefined();
  expect(evidenceOf([rows(1, 2), rows(1, Number.NaN)])).toBeUndefined();
  expect(priorOf([evidence(Number.NaN, 1), evidence(1, 1)])).toBeUndefined();
});

test('prior by hand: the mean, and the sample variance less what rows account for', () => {
  const all = [evidence(1, 0.25), evidence(2, 0.5), evidence(3, 0.75)];
  expect(priorOf(all)).toEqual({ means: [2], variances: [0.5] });
  expect(priorOf(all.map(({ differences }) => ({ differences, variances: [4] })))).toEqual({
    means: [2],
    variances: [0],
  });
  expect(priorOf([evidence(1, 1)])).toBeUndefined();
});

test('by hand: a client between its own rows and the others', () => {
  const prior = { means: [-1], variances: [1] };
  // −1 + ¼ (2 + 1) < 0 < −1 + ½ (2 + 1).
  expect(chooseCandidate(evidence(2, 3), prior)).toBe(1);
  expect(chooseCandidate(evidence(2, 1), prior)).toBe(0);
});

test('one of both alone decides; neither, or a draw: the first', () => {
  expect(chooseCandidate(evidence(-1, 9), undefined)).toBe(1);
  expect(chooseCandidate(undefined, { means: [1, -1], variances: [0, 0] })).toBe(2);
  expect(chooseCandidate(undefined, undefined)).toBe(0);
  expect(chooseCandidate(evidence(0, 0), undefined)).toBe(0);
});

test('clients that differ no more than their rows do choose as one; those whose rows are sure choose for themselves', () => {
  const difference = fc.integer({ min: -100, max: 100 }).map((value) => value / 64);
  fc.assert(
    fc.property(fc.array(difference, { minLength: 2, maxLength: 9 }), (differences) => {
      const choose = (variance: number) => {
        const all = differences.map((value) => evidence(value, variance));
        return all.map((own) => chooseCandidate(own, priorOf(all)));
      };
      expect(new Set(choose(10)).size).toBe(1);
      expect(choose(0)).toEqual(differences.map((value) => (value < 0 ? 1 : 0)));
    }),
  );
});
