/// <reference types="jest" />
import {
  type Architecture,
  architectureFrom,
  fullArchitecture,
  isLive,
  livePositions,
  slotsBySite,
} from '@perfit/lora';
import { sampleLayout, seededRandom } from '@perfit/lora/testing';
import { isPerfitError } from '@perfit/strategy';
import type { BudgetInput, BudgetRule, Granularity, Importance, Schedule, Statistics } from './contract.js';

export type { RegressionTrainee } from './regression-trainee.js';
export { regressionTrainee } from './regression-trainee.js';

/** Statistics for tests over the layout of `sampleLayout()`: nothing is 0, F ≥ 0. */
export function sampleStatistics(seed = 1, size = sampleLayout().size): Required<Statistics> {
  const random = seededRandom(seed);
  const draw = (scale: number) => Float32Array.from({ length: size }, () => scale * (random() - 0.5));
  const [values, gradient] = [draw(0.1), draw(0.2)];
  return { values, gradient, fisher: draw(0.3).map((entry, i) => entry * entry + gradient[i] ** 2) };
}

function kebabCase(name: string): void {
  expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
}

/**
 * The contract of every {@link Importance}, as a jest suite: a score for every position, decided by the statistics that
 * it names and the stream alone, which it leaves as they are.
 *
 * @param make makes the importance; called for every test, since one may keep state over a search.
 * @example
 * describe('first', () => testImportance(() => first()));
 */
export function testImportance(make: () => Importance): void {
  const layout = sampleLayout();
  const score = (importance: Importance, statistics: Statistics, seed = 1) =>
    importance.score({ layout, statistics, random: seededRandom(seed) });

  test('has a kebab-case name and known needs', () => {
    kebabCase(make().name);
    for (const need of make().needs) expect(['gradient', 'fisher']).toContain(need);
  });

  test('scores every position with a number, not all alike', () => {
    const scores = score(make(), sampleStatistics());
    expect(scores).toBeInstanceOf(Float32Array);
    expect(scores).toHaveLength(layout.size);
    expect(scores.some(Number.isNaN)).toBe(false);
    expect(new Set(scores).size).toBeGreaterThan(layout.size / 2);
  });

  test('is decided by statistics and stream, and alters neither', () => {
    const statistics = sampleStatistics();
    const once = score(make(), statistics);
    expect(statistics).toEqual(sampleStatistics());
    expect(score(make(), statistics)).toEqual(once);
  });

  test('reads no statistic that it does not name', () => {
    const { values, gradient, fisher } = sampleStatistics();
    const needs = make().needs;
    const other = sampleStatistics(2);
    const changed = {
      values,
      gradient: needs.includes('gradient') ? gradient : other.gradient,
      ...(needs.includes('fisher') ? { fisher } : {}),
    };
    expect(score(make(), changed)).toEqual(score(make(), { values, gradient, fisher }));
  });

  test('refuses missing statistics with a code and a cure', () => {
    if (!make().needs.includes('fisher')) return;
    const { values, gradient } = sampleStatistics();
    let thrown: unknown;
    try {
      score(make(), { values, gradient });
    } catch (error) {
      thrown = error;
    }
    expect(isPerfitError(thrown)).toBe(true);
  });
}

/**
 * The contract of every {@link Schedule}, as a jest suite: whole numbers from `from` down to `to`, never rising, the
 * last exactly `to`.
 *
 * @param make makes the schedule; called for every test.
 * @example
 * describe('cubic', () => testSchedule(() => cubic()));
 */
export function testSchedule(make: () => Schedule): void {
  test('has a kebab-case name', () => kebabCase(make().name));

  test.each([
    [16, 8],
    [1_000_003, 500_001],
    [10, 9],
    [7, 7],
    [1000, 1],
  ])('goes from %i to %i', (from, to) => {
    for (const iterations of [1, 2, 3, 4, 10, 37]) {
      const schedule = make();
      let before = from;
      for (let iteration = 1; iteration <= iterations; iteration++) {
        const keep = schedule.keep({ iteration, iterations, from, to });
        expect(Number.isInteger(keep)).toBe(true);
        expect(keep).toBeLessThanOrEqual(before);
        expect(keep).toBeGreaterThanOrEqual(to);
        before = keep;
      }
      expect(before).toBe(to);
    }
  });
}

/** Federations for tests of budget rules: of equal clients, of random ones, of a giant among dwarfs. */
export function sampleFederations(): readonly (readonly BudgetInput[])[] {
  const random = seededRandom(11);
  const whole = (below: number) => Math.floor(random() * below);
  const draw = (i: number): BudgetInput => {
    const [parameters, examples] = [1 + whole(5000), whole(4) === 0 ? 1 + whole(5) : 1 + whole(3000)];
    return {
      client: `c${i}`,
      examples,
      lossTokens: examples * (1 + whole(60)),
      parameters,
      dense: parameters * (1 + whole(4)),
    };
  };
  const equal = (count: number, parameters: number): BudgetInput[] =>
    Array.from({ length: count }, (_, i) => ({
      ...draw(i),
      examples: 7,
      lossTokens: 70,
      parameters,
      dense: 2 * parameters,
    }));
  const dwarfs = equal(6, 100).map((client, i) =>
    i === 2 ? { ...client, examples: 90_000, lossTokens: 900_000 } : client,
  );
  const random30 = Array.from({ length: 30 }, (_, i) => Array.from({ length: 1 + (i % 9) }, (_, j) => draw(j)));
  return [[], equal(1, 10), equal(3, 1), equal(7, 1001), dwarfs, ...random30];
}

/**
 * The contract of every {@link BudgetRule}, as a jest suite: whole budgets within bounds, together no more than the sum
 * of `parameters`, the same whatever the order of the clients, alike for clients that are alike.
 *
 * @param make makes the rule; called for every test.
 * @example
 * describe('fixed', () => testBudgetRule(() => fixed()));
 */
export function testBudgetRule(make: () => BudgetRule): void {
  const federations = sampleFederations();
  const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0);

  test('has a kebab-case name', () => kebabCase(make().name));

  test('gives every client a whole number from 1 to its dense start', () => {
    for (const clients of federations) {
      const budgets = make().budgets(clients);
      expect(budgets).toHaveLength(clients.length);
      budgets.forEach((budget, i) => {
        expect(Number.isInteger(budget)).toBe(true);
        expect(budget).toBeGreaterThanOrEqual(1);
        expect(budget).toBeLessThanOrEqual(clients[i].dense);
      });
    }
  });

  test('deals out no more than plain LoRA has over all clients', () => {
    for (const clients of federations)
      expect(sum(make().budgets(clients))).toBeLessThanOrEqual(sum(clients.map(({ parameters }) => parameters)));
  });

  test('is the same whatever the order of the clients, and whenever it is asked', () => {
    const rule = make();
    for (const clients of federations) {
      const budgets = rule.budgets(clients);
      const order = clients.map((_, i) => i);
      for (const permuted of [order, [...order].reverse(), [...order.slice(2), ...order.slice(0, 2)]])
        expect(make().budgets(permuted.map((i) => clients[i]))).toEqual(permuted.map((i) => budgets[i]));
      expect(rule.budgets(clients)).toEqual(budgets);
    }
  });

  test('gives equal clients equal budgets, one position apart at most, and leaves them as they are', () => {
    for (const clients of federations) {
      const twice = [...clients, ...clients.map((client) => ({ ...client, client: `${client.client}-twin` }))];
      const before = structuredClone(twice);
      const budgets = make().budgets(twice);
      expect(twice).toEqual(before);
      for (let i = 0; i < clients.length; i++)
        expect(Math.abs(budgets[i] - budgets[i + clients.length])).toBeLessThanOrEqual(1);
    }
  });
}

/**
 * The contract of every {@link Granularity}, as a jest suite: live positions only, no more than asked, everything where
 * everything fits, decided by the order of the scores, NaN refused.
 *
 * @param make makes the granularity; called for every test.
 * @param options `exact` (false): whether exactly `keep` positions stay, as with single positions.
 * @example
 * describe('weight', () => testGranularity(() => weight(), { exact: true }));
 */
export function testGranularity(make: () => Granularity, { exact = false }: { readonly exact?: boolean } = {}): void {
  const layout = sampleLayout();
  const full = fullArchitecture(layout.size);
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Float32Array.from({ length: layout.size }, random);
  };
  const select = (scores: Float32Array, keep: number, architecture: Architecture = full) =>
    make().select({ layout, scores, architecture, keep });
  const half = architectureFrom(layout.size, livePositions(select(draw(9), Math.floor(layout.size / 2))));

  test('has a kebab-case name', () => kebabCase(make().name));

  test.each([0, 1, 2, 3, 10])('keeps live positions, at most as many as asked (/%i)', (divisor) => {
    for (const architecture of [full, half]) {
      const keep = divisor ? Math.floor(architecture.live / divisor) : 0;
      const kept = select(draw(divisor), keep, architecture);
      expect(kept.size).toBe(layout.size);
      expect(kept.live).toBe(livePositions(kept).length);
      expect(kept.live).toBeLessThanOrEqual(keep);
      if (exact) expect(kept.live).toBe(keep);
      for (const position of livePositions(kept)) expect(isLive(architecture, position)).toBe(true);
    }
  });

  test('keeps whole rank components, where it says so', () => {
    if (!make().components) return;
    for (const keep of [layout.size / 2, layout.size / 3].map(Math.floor)) {
      const kept = select(draw(keep), keep);
      for (const { A, B } of slotsBySite(layout))
        for (let k = 0; k < A.rows; k++) {
          const row = Array.from({ length: A.columns }, (_, i) => isLive(kept, A.offset + k * A.columns + i));
          const column = Array.from({ length: B.rows }, (_, o) => isLive(kept, B.offset + o * B.columns + k));
          expect(new Set([...row, ...column]).size).toBe(1);
        }
    }
  });

  test('keeps everything where everything fits', () => {
    expect(select(draw(1), layout.size)).toEqual(full);
    expect(select(draw(1), layout.size, half)).toEqual(half);
  });

  test('is decided by the scores, equal ones included, and leaves them as they are', () => {
    const keep = Math.floor(layout.size / 3);
    for (const scores of [draw(2), new Float32Array(layout.size), new Float32Array(layout.size).fill(1)]) {
      const before = scores.slice();
      expect(select(scores, keep)).toEqual(select(scores, keep));
      expect(scores).toEqual(before);
    }
  });

  test('prefers what scores higher', () => {
    const keep = Math.floor(layout.size / 2);
    const preferred = select(draw(3), keep);
    const scores = draw(4).map((score, position) => score + (isLive(preferred, position) ? 10 : 0));
    expect(select(scores, keep)).toEqual(preferred);
  });

  test('refuses NaN with a code and a cure', () => {
    let thrown: unknown;
    try {
      select(draw(1).fill(Number.NaN, 5, 6), Math.floor(layout.size / 2));
    } catch (error) {
      thrown = error;
    }
    expect(isPerfitError(thrown)).toBe(true);
  });
}
