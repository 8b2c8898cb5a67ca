import { cubic, geometric, linear, oneShot, type Schedule } from '../index.js';
import { testSchedule } from '../testing.js';

for (const make of [oneShot, linear, cubic, geometric]) describe(make().name, () => testSchedule(make));

const course = (schedule: Schedule, iterations: number, from: number, to: number) =>
  Array.from({ length: iterations }, (_, i) => schedule.keep({ iteration: i + 1, iterations, from, to }));

test('one-shot prunes all at once, first', () => expect(course(oneShot(), 3, 100, 40)).toEqual([40, 40, 40]));
test('linear takes equal steps', () => expect(course(linear(), 4, 100, 40)).toEqual([85, 70, 55, 40]));
test('cubic takes most early: (1 − i/n)³ of it is left', () =>
  expect(course(cubic(), 4, 1640, 1000)).toEqual([1270, 1080, 1010, 1000]));
test('geometric takes equal shares', () => expect(course(geometric(), 4, 1600, 100)).toEqual([800, 400, 200, 100]));
test('geometric down to nothing', () => expect(course(geometric(), 2, 8, 0)).toEqual([0, 0]));
