/// <reference types="jest" />
import { emptyArchitecture, fullArchitecture, isLive, livePositions } from '@perfit/lora';
import { weightedMean } from '../aggregators/weighted-mean.js';
import type { Aggregator, Update } from '../contract.js';
import { testExclusiveLaws } from './exclusive-laws.js';
import {
  nextRound,
  type Server,
  sampleLayout,
  sampleUpdate,
  sampleUpdates,
  seededRandom,
  startServer,
} from './federation.js';

/**
 * PerFIT's laws of the shared / exclusive rule, as a jest suite: full masks give the weighted mean bit for bit (laws 1
 * and 5), shared positions are their holders' mean (law 4), and law 3 as {@link testExclusiveLaws} has it.
 *
 * @param make makes the rule under test for a `minHolders`.
 */
export function testSharedExclusiveLaws(make: (options: { readonly minHolders: number }) => Aggregator): void {
  const layout = sampleLayout();
  const full = fullArchitecture(layout.size);
  const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

  test.each(seeds)(
    'laws 1 and 5: over full masks every round equals the weighted mean, bit for bit (seed %i)',
    (seed) => {
      const random = seededRandom(seed);
      const [rule, mean] = [make({ minHolders: 2 }), weightedMean()];
      let [a, b] = [startServer(rule, layout), startServer(mean, layout)];
      for (let round = 1; round <= 4; round++) {
        // After the first round a single sampled client is enough: the registry holds the others.
        const count = round === 1 ? 2 + Math.floor(random() * 5) : 1 + Math.floor(random() * 3);
        const updates = Array.from({ length: count }, (_, i) =>
          sampleUpdate(`c${i}`, full, 1 + Math.floor(random() * 50), random),
        );
        a = nextRound(rule, layout, a, updates, round);
        b = nextRound(mean, layout, b, updates, round);
        expect(bits(rule.globalModule(a.state))).toEqual(bits(mean.globalModule(b.state)));
        const receiver = { client: 'c0', architecture: full };
        expect(bits(rule.download(a.state, receiver).values)).toEqual(bits(mean.download(b.state, receiver).values));
      }
    },
  );

  test.each(seeds)(
    'laws 3 and 4: shared positions are their holders’ mean, exclusive ones untouched (seed %i)',
    (seed) => {
      const minHolders = 2 + (seed % 2);
      const rule = make({ minHolders });
      const first = sampleUpdates(layout, 6, 0.4, seed);
      const second = sampleUpdates(layout, 3, 0.4, seed + 100);
      let server: Server = nextRound(rule, layout, startServer(rule, layout), first, 1);
      const old = rule.globalModule(server.state);
      server = nextRound(rule, layout, server, second, 2);
      const g = rule.globalModule(server.state);
      for (let p = 0; p < layout.size; p++) {
        const count = [...server.registry.values()].filter((architecture) => isLive(architecture, p)).length;
        const holders = second.filter(({ mask }) => isLive(mask, p));
        if (count < minHolders) expect(g[p]).toBe(0);
        else if (holders.length > 0) {
          const mean =
            holders.reduce((sum, update) => sum + update.examples * valueAt(update, p), 0) /
            holders.reduce((sum, update) => sum + update.examples, 0);
          expect(Math.abs(g[p] - mean)).toBeLessThanOrEqual(1e-6 * Math.max(Math.abs(mean), 1e-3));
        } else if (old[p] !== 0) expect(g[p]).toBe(old[p]);
        for (const [client, architecture] of server.registry) {
          const { mask } = rule.download(server.state, { client, architecture });
          if (count < minHolders) expect(isLive(mask, p)).toBe(false);
          else if (isLive(architecture, p) && holders.length > 0) expect(isLive(mask, p)).toBe(true);
        }
      }
    },
  );

  test('a client from which nothing travels changes no shared position', () => {
    const rule = make({ minHolders: 2 });
    const updates = sampleUpdates(layout, 3, 1, 14);
    const idle = sampleUpdate('c9', emptyArchitecture(layout.size), 5, seededRandom(1));
    const [without, with_] = [updates, [idle, ...updates]].map((list) =>
      nextRound(rule, layout, startServer(rule, layout), list),
    );
    expect(bits(rule.globalModule(with_.state))).toEqual(bits(rule.globalModule(without.state)));
  });

  test('a shared position that nobody sends this round keeps its value', () => {
    const rule = make({ minHolders: 2 });
    const [a, b] = sampleUpdates(layout, 2, 1, 11);
    const server = nextRound(rule, layout, startServer(rule, layout), [a, b]);
    const empty = emptyArchitecture(layout.size);
    const third = nextRound(rule, layout, server, [sampleUpdate('c9', empty, 5, seededRandom(1))], 2);
    expect(rule.globalModule(third.state)).toEqual(rule.globalModule(server.state));
  });

  testExclusiveLaws(make);
}

const bits = (values: Float32Array) => [...new Uint32Array(values.slice().buffer)];

const valueAt = ({ mask, values }: Update, p: number) => values[livePositions(mask).indexOf(p)];
