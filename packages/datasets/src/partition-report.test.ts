import fc from 'fast-check';
import { dirichletDraw } from './dirichlet-draw.js';
import { jensenShannon, reportPartition } from './partition-report.js';
import { sampleRows, seededRandom } from './testing.js';

const counts = (...values: number[]) => new Map(values.map((n, i) => [`l${i}`, n]));

describe('jensenShannon', () => {
  test('is 0 for proportional counts, 1 for disjoint ones', () => {
    expect(jensenShannon(counts(1, 2), counts(10, 20))).toBeCloseTo(0, 7);
    expect(jensenShannon(counts(3, 0), counts(0, 5))).toBe(1);
  });

  test('by hand: (1, 0) and (½, ½)', () => {
    const mean = [0.75, 0.25];
    const divergence =
      0.5 * Math.log2(1 / mean[0]) + 0.5 * (0.5 * Math.log2(0.5 / mean[0]) + 0.5 * Math.log2(0.5 / mean[1]));
    expect(jensenShannon(counts(7, 0), counts(2, 2))).toBeCloseTo(Math.sqrt(divergence), 12);
  });

  test('is symmetric and lies in [0, 1]', () => {
    const some = fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }).filter((a) => a.some((n) => n > 0));
    fc.assert(
      fc.property(some, some, (a, b) => {
        const distance = jensenShannon(counts(...a), counts(...b));
        expect(distance).toBeGreaterThanOrEqual(0);
        expect(distance).toBeLessThanOrEqual(1 + 1e-12);
        expect(distance).toBeCloseTo(jensenShannon(counts(...b), counts(...a)), 12);
      }),
    );
  });
});

describe('reportPartition', () => {
  const rows = sampleRows(12);

  test('goes by category, else task, else nothing', () => {
    const clients = new Map([
      ['a', [0, 1, 2, 3]],
      ['b', [4, 5, 6, 7, 8, 9]],
    ]);
    const report = reportPartition(rows, clients);
    expect(report).toMatchObject({ sizes: [4, 6], sizeRatio: 1.5 });
    expect(report).toEqual(reportPartition(rows, clients, 'category'));
    const plain = rows.map(({ category: _, ...row }) => row);
    expect(reportPartition(plain, clients)).toEqual(reportPartition(rows, clients, 'task'));
    const bare = plain.map(({ task: _, ...row }) => row);
    expect(reportPartition(bare, clients).labelDivergence).toBeNull();
  });
});

describe('dirichletDraw', () => {
  test('shares are positive sums to 1, for any β', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: -6, max: 6, noNaN: true }),
        fc.integer(),
        (n, log, seed) => {
          const shares = dirichletDraw(n, 10 ** log, seededRandom(seed));
          expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
          expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
        },
      ),
    );
  });

  test.each([0.1, 1, 5])('has the moments of Dir(β) for β = %p: mean 1/n, variance (n−1) / (n² (nβ+1))', (beta) => {
    const random = seededRandom(1);
    const n = 4;
    const first = Array.from({ length: 20_000 }, () => dirichletDraw(n, beta, random)[0]);
    const mean = first.reduce((a, b) => a + b) / first.length;
    const variance = first.reduce((sum, x) => sum + (x - mean) ** 2, 0) / first.length;
    expect(mean).toBeCloseTo(1 / n, 1);
    expect(variance / ((n - 1) / (n * n * (n * beta + 1)))).toBeCloseTo(1, 1);
  });
});
