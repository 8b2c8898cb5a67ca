import { largestDifference, median, pairedRatio, spread, sum } from './statistics.mjs';

describe('median', () => {
  it('is the middle of an odd number of values, whatever their order, and leaves them alone', () => {
    const values = [10, 1, 9];
    expect(median(values)).toBe(9);
    expect(values).toEqual([10, 1, 9]);
  });

  it('is the mean of the two middle values of an even number', () => {
    expect(median([8, 1, 2, 100])).toBe(5);
  });

  it('of one value is that value, and of none an error', () => {
    expect(median([3])).toBe(3);
    expect(() => median([])).toThrow('no values');
  });
});

it('spread holds median, smallest and largest', () => {
  expect(spread([4, 2, 3])).toEqual({ median: 3, min: 2, max: 4 });
});

describe('pairedRatio', () => {
  it('divides run by run before it takes the median', () => {
    // A machine that was twice as slow in the second turn changes no ratio.
    expect(pairedRatio([10, 20, 9], [5, 10, 3])).toEqual({ median: 2, min: 2, max: 3 });
  });

  it('refuses sides that ran a different number of times', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow('2 measurements against 1');
  });
});

it('sum of none is 0', () => {
  expect(sum([1, 2, 3])).toBe(6);
  expect(sum([])).toBe(0);
});

describe('largestDifference', () => {
  it('is relative to the largest value of the second list, and goes as far as the shorter one', () => {
    expect(largestDifference([1, 2.5, 7], [1, 2])).toBe(0.25);
    expect(largestDifference([-3], [4])).toBe(1.75);
  });

  it('of the same values, zeros among them, is 0', () => {
    expect(largestDifference([0, 0], [0, 0])).toBe(0);
    expect(largestDifference([], [])).toBe(0);
  });
});
