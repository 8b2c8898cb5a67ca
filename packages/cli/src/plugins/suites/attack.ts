/// <reference types="jest" />
import { type Attack, randomStreams } from '@perfit/runtime';

/**
 * The contract of every {@link Attack}, as a jest suite: finite values on the positions that travel, decided by what it
 * is given alone, which it leaves as it is.
 *
 * @param make makes the attack; called for every test.
 */
export function testAttack(make: () => Attack): void {
  const draw = (seed: number, count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 3 * i));
  const corrupt = (count: number, seed = 1) =>
    make().corrupt({ values: draw(1, count), received: draw(2, count), random: randomStreams(seed).stream('attack') });

  test.each([0, 1, 7, 100])('sends %i finite values for as many', (count) => {
    const sent = corrupt(count);
    expect(sent).toHaveLength(count);
    expect(sent.every(Number.isFinite)).toBe(true);
  });

  test('is decided by its stream and what it is given', () => {
    const global = jest.spyOn(Math, 'random');
    expect(corrupt(50, 5)).toEqual(corrupt(50, 5));
    expect(global).not.toHaveBeenCalled();
    global.mockRestore();
  });

  test('sends something else than what was learned', () => {
    expect([...corrupt(50)]).not.toEqual([...draw(1, 50)]);
  });

  test('leaves what it is given as it is', () => {
    const input = { values: draw(1, 20), received: draw(2, 20) };
    make()
      .corrupt({ ...input, random: randomStreams(1).stream('attack') })
      .fill(9);
    expect([[...input.values], [...input.received]]).toEqual([[...draw(1, 20)], [...draw(2, 20)]]);
  });
}
