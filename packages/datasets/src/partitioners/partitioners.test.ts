import fc from 'fast-check';
import type { Partitioner, Row } from '../contract.js';
import { heldOutRows } from '../held-out-rows.js';
import { sampleRows, seededRandom, testPartitioner } from '../testing.js';
import { dirichlet, dirichletFactory } from './dirichlet.js';
import { field, fieldFactory } from './field.js';
import { iid } from './iid.js';
import { quantitySkew, quantitySkewFactory } from './quantity-skew.js';
import { shards } from './shards.js';

describe('field', () => testPartitioner(() => field()));
describe('field, two clients a task of ten rows each', () =>
  testPartitioner(() => field({ field: 'task', clientsPerValue: 2, rowsPerClient: 10 }), { partial: true }));
describe('iid', () => testPartitioner(() => iid({ clients: 7 })));
describe('dirichlet', () => testPartitioner(() => dirichlet({ clients: 6, beta: 0.3 })));
describe('shards', () => testPartitioner(() => shards({ clients: 6 })));
describe('quantitySkew by a draw', () => testPartitioner(() => quantitySkew({ clients: 6, beta: 0.3 })));
describe('quantitySkew by a power law', () => testPartitioner(() => quantitySkew({ clients: 6, exponent: 1.5 })));

const rows = sampleRows();
const deal = (partitioner: Partitioner, of: readonly Row[] = rows, seed = 1) =>
  partitioner.partition(of, seededRandom(seed));
const code = (name: string) => expect.objectContaining({ code: `datasets/${name}` });

describe('field', () => {
  test('with clientsPerValue 2 and rowsPerClient 40, rows 0–39 and 40–79 of each value', () => {
    const many = sampleRows(400);
    const { clients, label } = deal(
      field({ field: 'task', clientsPerValue: 2, rowsPerClient: 40, values: ['task 3', 'task 1'] }),
      many,
    );
    expect([...clients.keys()]).toEqual(['task 3-1', 'task 3-2', 'task 1-1', 'task 1-2']);
    const own = many.map((_, i) => i).filter((i) => many[i].task === 'task 3');
    expect(clients.get('task 3-1')).toEqual(own.slice(0, 40));
    expect(clients.get('task 3-2')).toEqual(own.slice(40, 80));
    expect(label).toBe('task');
  });

  test('client "12" stays "12"', () => {
    const named = ['2', '12', '012', 'local12', '12'].map((client) => ({ ...rows[0], client }));
    expect([...deal(field(), named).clients]).toEqual([
      ['2', [0]],
      ['12', [1, 4]],
      ['012', [2]],
      ['local12', [3]],
    ]);
  });

  test('values may be written as numbers in a configuration', () => {
    expect(fieldFactory.optionsSchema.parse({ values: [12, 'b'] })).toMatchObject({ values: ['12', 'b'] });
  });

  test.each([
    [field({ values: ['owner 9'] }), 'unknown-value'],
    [field({ field: 'task', clientsPerValue: 2, rowsPerClient: 16 }), 'too-few-rows'],
    [field({ clientsPerValue: 21 }), 'too-few-rows'],
    [field({ clientsPerValue: 0 }), 'bad-option'],
    [field({ values: ['owner 1', 'owner 1'] }), 'client-name'],
  ])('case %#: %s is refused as %s', (partitioner, expected) => {
    expect(() => deal(partitioner)).toThrow(code(expected));
  });

  test.each(['a/b', '..', '.', 'a\\b', 'a\nb'])('a client called %j is refused: it becomes a folder', (client) => {
    expect(() => deal(field(), [{ ...rows[0], client }])).toThrow(code('client-name'));
  });

  test('rows without the field are refused with the number of the first', () => {
    const { task: _, ...bare } = rows[3];
    expect(() => deal(field({ field: 'task' }), [...rows.slice(0, 3), bare])).toThrow(/row 3 of 4 has no "task"/);
  });
});

describe('every partitioner over every size', () => {
  test('deals every row once or refuses, and always ends', () => {
    fc.assert(
      fc.property(
        fc.nat(80),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 1e-6, max: 100, noNaN: true }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer(),
        (n, clients, beta, minimum, seed) => {
          const some = sampleRows(n);
          for (const partitioner of [
            iid({ clients }),
            dirichlet({ clients, beta, minimum }),
            shards({ clients, shardsPerClient: minimum }),
            quantitySkew({ clients, beta, minimum }),
            quantitySkew({ clients, exponent: beta, minimum }),
          ]) {
            try {
              const { clients: dealt } = deal(partitioner, some, seed);
              expect([...dealt.values()].flat().sort((a, b) => a - b)).toEqual(some.map((_, i) => i));
              expect(dealt.size).toBe(clients);
              for (const own of dealt.values())
                expect(own.length).toBeGreaterThanOrEqual(partitioner.name === 'iid' ? 1 : minimum);
            } catch (error) {
              expect((error as { code?: string }).code).toMatch(/^datasets\/(too-few-rows|unlucky-draw)$/);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('dirichlet', () => {
  test('β near 0 with fewer labels than clients is explained, with β, minimum and a cure', () => {
    const two = rows.map((row, i) => ({ ...row, category: String(i % 2) }));
    expect(() => deal(dirichlet({ clients: 8, beta: 1e-3, minimum: 5 }), two)).toThrow(code('unlucky-draw'));
    expect(() => deal(dirichlet({ clients: 8, beta: 1e-3, minimum: 5 }), two)).toThrow(
      /beta 0\.001.*never had 5 rows.*Raise beta, or lower minimum/,
    );
  });

  test('a smaller β is more heterogeneous, by the report', () => {
    const many = sampleRows(600);
    const divergence = (beta: number) =>
      [1, 2, 3].reduce(
        (sum, seed) => sum + deal(dirichlet({ clients: 5, beta }), many, seed).report.labelDivergence!,
        0,
      ) / 3;
    expect(divergence(0.1)).toBeGreaterThan(divergence(1));
    expect(divergence(1)).toBeGreaterThan(divergence(100));
    expect(divergence(100)).toBeLessThan(0.15);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses β = %p', (beta) => {
    expect(() => deal(dirichlet({ clients: 2, beta }))).toThrow(code('bad-option'));
    expect(dirichletFactory.optionsSchema.safeParse({ clients: 2, beta }).success).toBe(false);
  });
});

describe('shards', () => {
  test('a client sees at most shardsPerClient + 1 labels when shards are smaller than labels', () => {
    const even = Array.from({ length: 100 }, (_, i) => ({ ...rows[0], category: String(i % 10) }));
    const { clients, report } = deal(shards({ clients: 5, shardsPerClient: 2 }), even);
    for (const own of clients.values()) expect(new Set(own.map((i) => even[i].category)).size).toBeLessThanOrEqual(2);
    expect(report.sizeRatio).toBe(1);
    expect(report.labelDivergence!).toBeGreaterThan(0.5);
  });
});

describe('quantitySkew', () => {
  test('a power law of exponent 1 over 3 clients: 6 : 3 : 2 of what is left after the minimum', () => {
    expect(deal(quantitySkew({ clients: 3, exponent: 1 }), sampleRows(113)).report.sizes).toEqual([61, 31, 21]);
    expect(deal(quantitySkew({ clients: 3, exponent: 0 }), sampleRows(9)).report.sizes).toEqual([3, 3, 3]);
  });

  test('takes β or an exponent, not both', () => {
    expect(() => deal(quantitySkew({ clients: 2, beta: 1, exponent: 1 }))).toThrow(code('bad-option'));
    expect(quantitySkewFactory.optionsSchema.safeParse({ clients: 2, beta: 1, exponent: 1 }).success).toBe(false);
  });
});

describe('heldOutRows', () => {
  const heldOut = sampleRows(60);

  test('by a field: a client is tested on all rows of its own value', () => {
    const partition = deal(field());
    for (const [client, indices] of heldOutRows({ rows, partition, heldOut }))
      expect(indices).toEqual(heldOut.map((_, i) => i).filter((i) => heldOut[i].client === client));
  });

  test('two clients of a task share its first rows', () => {
    const partition = deal(field({ field: 'task', clientsPerValue: 2, rowsPerClient: 10 }));
    const held = heldOutRows({ rows, partition, heldOut, limit: 4 });
    expect(held.get('task 1-1')).toEqual([1, 5, 9, 13]);
    expect(held.get('task 1-2')).toEqual([1, 5, 9, 13]);
  });

  test('without a label everybody is tested on everything', () => {
    const held = heldOutRows({ rows, partition: deal(iid({ clients: 3 })), heldOut });
    for (const indices of held.values()) expect(indices).toEqual(heldOut.map((_, i) => i));
  });

  test('keeps the mix of labels', () => {
    const two = Array.from({ length: 40 }, (_, i) => ({ ...rows[0], category: i < 30 ? 'a' : 'b' }));
    const partition = { ...deal(iid({ clients: 1 }), two), label: 'category' as const };
    const test = [...two.slice(0, 20), ...two.slice(35)];
    const indices = [...heldOutRows({ rows: two, partition, heldOut: test }).values()][0];
    expect(indices.map((i) => test[i].category).join('')).toBe('a'.repeat(15) + 'b'.repeat(5));
  });

  test('a client without a held-out row is named', () => {
    const partition = deal(field());
    expect(() =>
      heldOutRows({ rows, partition, heldOut: heldOut.filter(({ client }) => client !== 'owner 4') }),
    ).toThrow(/client owner 4 has no held-out row of its own client/);
  });
});
