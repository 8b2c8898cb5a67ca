import { architectureFrom, fullArchitecture } from '@perfit/lora';
import fc from 'fast-check';
import {
  contextOf,
  nextRound,
  sampleLayout,
  sampleUpdate,
  sampleUpdates,
  seededRandom,
  startServer,
  testAggregator,
  testSharedExclusiveLaws,
} from '../testing.js';
import { sharedExclusive, sharedExclusiveFactory } from './shared-exclusive.js';

describe('sharedExclusive', () => {
  testAggregator(() => sharedExclusive());
  describe('laws', () => testSharedExclusiveLaws((options) => sharedExclusive(options)));

  const layout = sampleLayout();
  const full = fullArchitecture(layout.size);
  const rule = sharedExclusive();
  const of = (client: string, positions: number[], value: number, examples: number) => {
    const mask = architectureFrom(layout.size, positions);
    const values = new Float32Array(mask.live).fill(value);
    return { client, mask, architecture: mask, values, examples, metrics: {} };
  };

  test('by hand: two holders of 1, one of 0 and one of 2', () => {
    const server = nextRound(rule, layout, startServer(rule, layout), [of('a', [0, 1], 4, 1), of('b', [1, 2], 8, 3)]);
    expect([...rule.globalModule(server.state).subarray(0, 3)]).toEqual([0, 7, 0]);
    const { mask, values } = rule.download(server.state, { client: 'a', architecture: full });
    expect([mask.live, mask.bits[0], ...values]).toEqual([1, 0b10, 7]);
  });

  test('a client of an earlier round counts as a holder, its old value does not', () => {
    const first = nextRound(rule, layout, startServer(rule, layout), [of('a', [5], 4, 100)]);
    expect(rule.download(first.state, { client: 'a', architecture: full }).mask.live).toBe(0);
    const second = nextRound(rule, layout, first, [of('b', [5], 8, 1)], 2);
    const { mask, values } = rule.download(second.state, { client: 'a', architecture: full });
    expect([mask.live, ...values]).toEqual([1, 8]);
  });

  test('minHolders 1 shares everything that was ever sent', () => {
    const one = sharedExclusive({ minHolders: 1 });
    const server = nextRound(one, layout, startServer(one, layout), [of('a', [3], 2, 1)]);
    expect(one.globalModule(server.state)[3]).toBe(2);
  });

  test('the counts are those of the registry, whatever clients do', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.integer()), { maxLength: 12 }), (rounds) => {
        let server = startServer(rule, layout);
        rounds.forEach(([client, seed], i) => {
          const [{ architecture }] = sampleUpdates(layout, 1, 0.5, seed);
          const update = sampleUpdate(`c${client}`, architecture, 1, seededRandom(seed));
          server = nextRound(rule, layout, server, [update], i + 1);
        });
        for (let p = 0; p < layout.size; p++) {
          const count = [...server.registry.values()].filter(({ bits }) => bits[p >> 3] & (1 << (p & 7))).length;
          expect(server.state.holders[p]).toBe(count);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('refuses a registry that the state does not know', () => {
    const server = { ...startServer(rule, layout), registry: new Map([['a', full]]) };
    const fold = rule.fold(server.state, contextOf(server, layout));
    expect(() => fold.add(of('a', [1], 1, 1))).toThrow(expect.objectContaining({ code: 'aggregation/bad-registry' }));
  });

  test.each([0, 1.5, Number.NaN])('refuses minHolders %p', (minHolders) => {
    expect(() => sharedExclusive({ minHolders })).toThrow(expect.objectContaining({ code: 'aggregation/bad-option' }));
    expect(sharedExclusiveFactory.optionsSchema.safeParse({ minHolders }).success).toBe(false);
  });

  test('its factory shares from two holders on', () => {
    expect(sharedExclusiveFactory.optionsSchema.parse({})).toEqual({ minHolders: 2 });
  });
});
