import fc from 'fast-check';
import { splitRows, tailSplit } from './split-rows.js';
import { seededRandom } from './testing.js';

const share = fc.double({ min: 0, max: 0.999, noNaN: true });

describe('tailSplit', () => {
  test('the last fifth', () => {
    expect(tailSplit([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0.2)).toEqual({
      head: [1, 2, 3, 4, 5, 6, 7, 8, 9],
      tail: [10, 11],
    });
    expect(tailSplit(Array.from({ length: 40 }), 0.2).tail).toHaveLength(8);
    expect(tailSplit([1], 0.5)).toEqual({ head: [1], tail: [] });
    expect(tailSplit([], 0.5)).toEqual({ head: [], tail: [] });
  });

  test('head and tail are the rows', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), share, (rows, part) => {
        const { head, tail } = tailSplit(rows, part);
        expect([...head, ...tail]).toEqual(rows);
        expect(tail).toHaveLength(Math.floor(rows.length * part));
      }),
    );
  });
});

describe('splitRows', () => {
  test('draws without replacement, keeps the order, depends on the stream', () => {
    fc.assert(
      fc.property(fc.nat(50), share, fc.integer(), (n, part, seed) => {
        const rows = Array.from({ length: n }, (_, i) => i);
        const { train, test } = splitRows(rows, part, seededRandom(seed));
        expect([...train, ...test].sort((a, b) => a - b)).toEqual(rows);
        expect(train).toEqual([...train].sort((a, b) => a - b));
        expect(test).toEqual([...test].sort((a, b) => a - b));
        expect(test).toHaveLength(Math.floor(n * part));
        expect(splitRows(rows, part, seededRandom(seed))).toEqual({ train, test });
      }),
    );
    const rows = Array.from({ length: 100 }, (_, i) => i);
    expect(splitRows(rows, 0.2, seededRandom(1)).test).not.toEqual(splitRows(rows, 0.2, seededRandom(2)).test);
  });

  test.each([-0.1, 1, Number.NaN])('refuses a share of %p', (part) => {
    const refused = expect.objectContaining({ code: 'datasets/bad-option' });
    expect(() => splitRows([1, 2], part, seededRandom(1))).toThrow(refused);
    expect(() => tailSplit([1, 2], part)).toThrow(refused);
  });
});
