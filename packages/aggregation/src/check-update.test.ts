import { architectureFrom, fullArchitecture } from '@perfit/lora';
import fc from 'fast-check';
import { checkUpdate } from './check-update.js';
import type { Update } from './contract.js';
import { sampleLayout, sampleUpdates } from './testing.js';

const layout = sampleLayout();
const [good] = sampleUpdates(layout, 1, 0.5, 1);
const codeOf = (update: Update): string => {
  try {
    checkUpdate(layout, update);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('checkUpdate', () => {
  test('accepts what clients send, an empty mask included', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, density) => {
        for (const update of sampleUpdates(layout, 3, density, seed)) expect(codeOf(update)).toBe('accepted');
      }),
    );
    const nothing = architectureFrom(layout.size, []);
    expect(codeOf({ ...good, mask: nothing, values: new Float32Array(0) })).toBe('accepted');
  });

  test.each<[Partial<Update>, string]>([
    [{ client: '' }, 'aggregation/bad-client'],
    [{ values: good.values.subarray(1) }, 'aggregation/update-size'],
    [{ mask: { ...good.mask, live: 0 }, values: new Float32Array(0) }, 'aggregation/update-size'],
    [{ mask: fullArchitecture(layout.size), values: new Float32Array(layout.size) }, 'aggregation/mask-outside'],
    [{ mask: fullArchitecture(40), values: new Float32Array(40) }, 'aggregation/update-size'],
    [{ values: good.values.slice().fill(Number.NaN) }, 'aggregation/not-finite'],
    [{ examples: 0 }, 'aggregation/bad-examples'],
    [{ examples: 2 ** 60 }, 'aggregation/bad-examples'],
    [{ vectors: { control: good.values.subarray(1) } }, 'aggregation/bad-vector'],
    [{ vectors: { control: good.values.slice().fill(Number.NaN) } }, 'aggregation/not-finite'],
  ])('case %#: %s', (change, code) => {
    expect(codeOf({ ...good, ...change })).toBe(code);
  });

  test('wants every vector that the aggregator demands', () => {
    const sent = { ...good, vectors: { control: good.values } };
    expect(() => checkUpdate(layout, sent, ['control'])).not.toThrow();
    expect(() => checkUpdate(layout, sent, ['control', 'momentum'])).toThrow('client c0 sent no vector "momentum"');
    expect(() => checkUpdate(layout, good, ['control'])).toThrow(
      expect.objectContaining({ code: 'aggregation/bad-vector' }),
    );
  });

  test('finds one broken value among many, of any kind, wherever it is', () => {
    fc.assert(
      fc.property(fc.nat(good.values.length - 1), fc.constantFrom(Number.NaN, 1 / 0, -1 / 0), (at, value) => {
        const values = good.values.slice();
        values[at] = value;
        expect(() => checkUpdate(layout, { ...good, values })).toThrow(
          `client c0 sent ${value} among its values, at ${at} of`,
        );
      }),
    );
  });
});
