/// <reference types="jest" />
import { randomStreams, type Sampler } from '@perfit/runtime';

/**
 * The contract of every {@link Sampler}, as a jest suite: a non-empty subset of the clients in their order, decided by
 * its arguments alone.
 *
 * @param make makes the sampler; called for every test.
 */
export function testSampler(make: () => Sampler): void {
  const federation = (size: number) => Array.from({ length: size }, (_, i) => `client ${(i * 7) % size}-${i}`);
  const sample = (size: number, round: number, seed = 1) =>
    make().sample(federation(size), round, randomStreams(seed).stream('sample', undefined, round));
  const cases = [1, 2, 3, 8, 50].flatMap((size) => [1, 2, 9].map((round) => [size, round] as const));

  test('samples at least one client', () => {
    for (const [size, round] of cases) expect(sample(size, round).length).toBeGreaterThan(0);
  });

  test('samples clients of the federation, each once, in their order', () => {
    for (const [size, round] of cases) {
      const sampled = sample(size, round);
      expect(federation(size).filter((client) => sampled.includes(client))).toEqual([...sampled]);
    }
  });

  test('is decided by clients, round and stream alone', () => {
    const global = jest.spyOn(Math, 'random');
    for (const [size, round] of cases) expect(sample(size, round, 5)).toEqual(sample(size, round, 5));
    expect(global).not.toHaveBeenCalled();
    global.mockRestore();
  });

  test('keeps nothing of an earlier round', () => {
    const sampler = make();
    const draw = (round: number) => sampler.sample(federation(8), round, randomStreams(1).stream('sample', '', round));
    const rounds = [1, 2, 3].map((round) => [...draw(round)]);
    expect([3, 2, 1].map((round) => [...draw(round)]).reverse()).toEqual(rounds);
  });

  test('leaves the clients as they are', () => {
    expect(() => make().sample(Object.freeze(federation(8)), 1, randomStreams(1).stream('sample'))).not.toThrow();
  });
}
