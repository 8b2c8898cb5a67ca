/// <reference types="jest" />
import type { Adoption } from '@perfit/aggregation';
import { isPerfitError } from '@perfit/strategy';

const own = [0, 1, -2, 3];
const received = [4, 1, 2, -3];

/** Validation losses of own, received and anything between: own better, received better, no rows, broken. */
const losses: Readonly<Record<string, readonly [own: number, received: number, between: number]>> = {
  'the own is better': [1, 3, 2],
  'the received is better': [3, 1, 2],
  'a mean is better': [3, 3, 1],
  'there are no validation rows': [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  'every loss is NaN': [Number.NaN, Number.NaN, Number.NaN],
};

/**
 * The contract of every {@link Adoption}, as a jest suite: finite values of the adapter's length, λ from 0 (the own ones,
 * bit for bit) to 1 (the received ones), whatever the validation rows say; inputs left as they are.
 *
 * @param make makes the adoption; called for every test.
 */
export function testAdoption(make: () => Adoption): void {
  const adopt = (name: string, input = { own: Float32Array.from(own), received: Float32Array.from(received) }) => {
    const [atOwn, atReceived, between] = losses[name]!;
    const validate = async (candidate: Float32Array) =>
      equal(candidate, own) ? atOwn : equal(candidate, received) ? atReceived : between;
    return make().adopt({ ...input, validate });
  };

  test.each(Object.keys(losses))('gives finite values and a λ from 0 to 1 where %s', async (name) => {
    const { values, lambda } = await adopt(name);
    expect(values).toHaveLength(own.length);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(lambda).toBeGreaterThanOrEqual(0);
    expect(lambda).toBeLessThanOrEqual(1);
  });

  test.each(Object.keys(losses))('λ = 0 is the own, λ = 1 the received, bit for bit, where %s', async (name) => {
    const { values, lambda } = await adopt(name);
    if (lambda === 0) expect([...values]).toEqual(own);
    if (lambda === 1) expect([...values]).toEqual(received);
  });

  test('gives the same for the same', async () => {
    for (const name of Object.keys(losses)) expect(await adopt(name)).toEqual(await adopt(name));
  });

  test('leaves its inputs as they are, also when its values are written to', async () => {
    const input = { own: Float32Array.from(own), received: Float32Array.from(received) };
    for (const name of Object.keys(losses)) (await adopt(name, input)).values.fill(9);
    expect([[...input.own], [...input.received]]).toEqual([own, received]);
  });

  test('refuses adapters of two lengths with a code and a cure', async () => {
    const input = { own: Float32Array.from(own), received: Float32Array.from(received.slice(1)) };
    const thrown = await adopt('there are no validation rows', input).catch((error: unknown) => error);
    expect(isPerfitError(thrown)).toBe(true);
  });
}

const equal = (a: Float32Array, b: readonly number[]) => a.length === b.length && a.every((value, i) => value === b[i]);
