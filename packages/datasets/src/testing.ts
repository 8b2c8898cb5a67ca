/// <reference types="jest" />
import { isPerfitError, type Random } from '@perfit/strategy';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Partition, Partitioner, Row } from './contract.js';
import { reportPartition } from './partition-report.js';

/** A random stream for tests: the same seed gives the same draws. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}

/** `count` short rows with 6 clients, 4 tasks and 5 categories, all of them unequal. */
export function sampleRows(count = 120): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    instruction: `Name number ${i}.`,
    output: `number ${i}`,
    client: `owner ${i % 6}`,
    task: `task ${i % 4}`,
    category: `category ${Math.floor(Math.sqrt(i)) % 5}`,
  }));
}

/**
 * The contract of every {@link Partitioner}, as a jest suite: rows are dealt at most once, clients are neither empty nor
 * oddly named, the stream decides alone, the report is true, and what cannot be dealt is refused with a cure.
 *
 * @param make makes the partitioner; called for every test.
 * @param options.rows what to deal; default {@link sampleRows}.
 * @param options.partial whether rows may be left out, as with a fixed number of rows a client.
 *
 * @example
 * describe('iid', () => testPartitioner(() => iid({ clients: 7 })));
 */
export function testPartitioner(
  make: () => Partitioner,
  { rows = sampleRows(), partial = false }: { readonly rows?: readonly Row[]; readonly partial?: boolean } = {},
): void {
  const deal = (seed: number): Partition => make().partition(rows, seededRandom(seed));
  const dealt = (partition: Partition) => [...partition.clients.values()].flat();

  test('has a kebab-case name', () => {
    expect(make().name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test.each([1, 2, 3])('deals every row once (seed %i)', (seed) => {
    const indices = dealt(deal(seed));
    expect(new Set(indices).size).toBe(indices.length);
    if (!partial) expect(indices.length).toBe(rows.length);
    for (const i of indices) expect(rows[i]).toBeDefined();
  });

  test('lists the rows of a client in ascending order, at least one', () => {
    for (const indices of deal(1).clients.values()) {
      expect(indices.length).toBeGreaterThan(0);
      expect(indices).toEqual([...indices].sort((a, b) => a - b));
    }
  });

  test('names clients as folders can be named', () => {
    for (const name of deal(1).clients.keys()) {
      expect(name).toMatch(/^[^/\\]+$/);
      expect(['.', '..']).not.toContain(name);
    }
  });

  test('is decided by its stream alone', () => {
    const global = jest.spyOn(Math, 'random');
    expect([...deal(5).clients]).toEqual([...deal(5).clients]);
    expect(global).not.toHaveBeenCalled();
    global.mockRestore();
  });

  test('leaves the rows as they are', () => {
    const before = JSON.stringify(rows);
    make().partition(Object.freeze(rows.map((row) => Object.freeze({ ...row }))), seededRandom(1));
    expect(JSON.stringify(rows)).toBe(before);
  });

  test('names the field that it goes by, and dealt rows carry it', () => {
    const { label, clients } = deal(1);
    if (label !== null)
      for (const i of [...clients.values()].flat()) expect(rows[i][label]).toEqual(expect.any(String));
  });

  test('reports sizes, their ratio and the label divergence', () => {
    const { clients, report, label } = deal(1);
    expect(report).toEqual(reportPartition(rows, clients, label === 'client' ? null : label));
    expect(report.sizes).toEqual([...clients.values()].map((indices) => indices.length));
    expect(report.sizeRatio).toBeCloseTo(Math.max(...report.sizes) / Math.min(...report.sizes), 12);
    if (report.labelDivergence !== null) {
      expect(report.labelDivergence).toBeGreaterThanOrEqual(0);
      expect(report.labelDivergence).toBeLessThanOrEqual(1);
    }
  });

  test.each([0, 1])('deals %i rows or refuses with an error that names a cure', (count) => {
    try {
      const { clients } = make().partition(rows.slice(0, count), seededRandom(1));
      expect([...clients.values()].every((indices) => indices.length > 0)).toBe(true);
      expect(count).toBeGreaterThan(0);
    } catch (thrown) {
      expect(isPerfitError(thrown)).toBe(true);
    }
  });
}
