import fc from 'fast-check';
import type { Adoption } from '../contract.js';
import { interpolate, interpolateFactory } from './interpolate.js';
import { replace } from './replace.js';
import { validated } from './validated.js';

const own = Float32Array.of(0, 1, -2);
const received = Float32Array.of(4, 1, 2);
const middle = Float32Array.of(2, 1, 0);
const none = async () => Number.POSITIVE_INFINITY;

describe('replace', () => {
  test('takes the received values, as a copy', async () => {
    const { values, lambda } = await replace().adopt({ own, received, validate: none });
    expect([values, lambda]).toEqual([received, 1]);
    expect(values).not.toBe(received);
  });
});

describe('interpolate', () => {
  test('goes λ of the way', async () => {
    expect(await interpolate({ lambda: 0.5 }).adopt({ own, received, validate: none })).toEqual({
      values: middle,
      lambda: 0.5,
    });
  });

  test('its ends are bit for bit own and received', () =>
    fc.assert(
      fc.asyncProperty(fc.float32Array({ minLength: 1, noNaN: true }), fc.nat(), async (values, shift) => {
        const other = values.map((value, i) => values[(i + shift) % values.length] - value / 3);
        const at = async (lambda: number) =>
          (await interpolate({ lambda }).adopt({ own: values, received: other, validate: none })).values;
        expect(await at(0)).toEqual(values);
        expect(await at(1)).toEqual(other);
      }),
    ));

  test.each([-0.1, 1.1, Number.NaN])('refuses λ = %p', (lambda) => {
    expect(() => interpolate({ lambda })).toThrow(expect.objectContaining({ code: 'aggregation/bad-option' }));
    expect(interpolateFactory.optionsSchema.safeParse({ lambda }).success).toBe(false);
  });
});

describe('validated', () => {
  const adoptWith = (losses: readonly [own: number, middle: number, received: number]) =>
    validated().adopt({
      own,
      received,
      validate: async (candidate) => losses[candidate[0] / 2],
    });

  test.each([
    [[1, 2, 3], 0],
    [[2, 1, 3], 0.5],
    [[3, 2, 1], 1],
    [[1, 1, 1], 1],
    [[1, 1, 2], 0.5],
    [[Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 1],
    [[5, Number.NaN, Number.NaN], 0],
    [[Number.NaN, Number.NaN, Number.NaN], 1],
  ] as const)('losses %p of own, middle, received → λ = %p', async (losses, expected) => {
    const { values, lambda } = await adoptWith(losses);
    expect(lambda).toBe(expected);
    expect(values).toEqual([own, middle, received][expected * 2]);
  });

  test('is never worse on the validation rows than staying', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.double({ min: 0, max: 9 }), fc.double({ min: 0, max: 9 }), fc.double({ min: 0, max: 9 })),
        async (losses) => {
          fc.pre(losses.every(Number.isFinite));
          expect(losses[(await adoptWith(losses)).lambda * 2]).toBeLessThanOrEqual(losses[0]);
        },
      ),
    ));
});

test.each<Adoption>([replace(), interpolate({ lambda: 0.3 }), validated()])(
  '$name leaves its inputs as they are and refuses vectors of two lengths',
  async (adoption) => {
    const before = [[...own], [...received]];
    (await adoption.adopt({ own, received, validate: none })).values.fill(7);
    expect([[...own], [...received]]).toEqual(before);
    await expect(adoption.adopt({ own, received: received.subarray(1), validate: none })).rejects.toMatchObject({
      code: 'aggregation/bad-adoption',
    });
  },
);
