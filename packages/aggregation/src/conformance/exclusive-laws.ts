/// <reference types="jest" />
import { architectureFrom, difference, fullArchitecture, intersect, isLive, livePositions } from '@perfit/lora';
import type { Aggregator } from '../contract.js';
import type { AggregatorTraits } from './bench.js';
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
 * Law 3 as a jest suite, for every rule with `minHolders`, however it combines: exclusive positions are never written,
 * neither in what is sent nor in the point behind it; disjoint masks exchange nothing; the registry follows what clients
 * last registered.
 *
 * @param make makes the rule under test for a `minHolders`.
 */
export function testExclusiveLaws(
  make: (options: { readonly minHolders: number }) => Aggregator,
  { minimumClients = 1 }: Pick<AggregatorTraits, 'minimumClients'> = {},
): void {
  const layout = sampleLayout();
  const full = fullArchitecture(layout.size);
  const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

  test('law 1 needs minHolders registered clients: below that nothing is shared', () => {
    const updates = sampleUpdates(layout, Math.max(2, minimumClients), 1, 4);
    const rule = make({ minHolders: updates.length + 1 });
    const server = nextRound(rule, layout, startServer(rule, layout), updates);
    expect(rule.download(server.state, { client: 'c0', architecture: full }).mask.live).toBe(0);
    expect(rule.globalModule(server.state).every((value) => value === 0)).toBe(true);
  });

  test.each(seeds)('law 3: disjoint masks exchange nothing, round after round (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const clients = Math.max(3, minimumClients);
    const owner = Array.from({ length: layout.size }, () => Math.floor(random() * (clients + 1)));
    const rule = make({ minHolders: 2 });
    let server = startServer(rule, layout);
    for (let round = 1; round <= 3; round++) {
      const updates = Array.from({ length: clients }, (_, i) => {
        const own = architectureFrom(layout.size, (p) => owner[p] === i);
        return sampleUpdate(`c${i}`, own, 1 + i, random);
      });
      server = nextRound(rule, layout, server, updates, round);
      for (const { client, architecture } of updates) {
        expect(rule.sharedPositions(server.state, architecture).live).toBe(0);
        expect(rule.download(server.state, { client, architecture }).mask.live).toBe(0);
      }
      expect(rule.globalModule(server.state).every((value) => value === 0)).toBe(true);
    }
  });

  test.each(seeds)('law 3: what is exclusive after a round is not written in it (seed %i)', (seed) => {
    const minHolders = 2 + (seed % 2);
    const rule = make({ minHolders });
    let server: Server = startServer(rule, layout);
    for (let round = 1; round <= 4; round++) {
      const updates = sampleUpdates(layout, Math.max(3, minimumClients), 0.35, 10 * seed + round);
      const before = rule.point?.read(server.state).slice();
      server = nextRound(rule, layout, server, updates, round);
      const after = rule.point?.read(server.state);
      const g = rule.globalModule(server.state);
      const masks = [...server.registry.values()];
      const exclusive = architectureFrom(
        layout.size,
        (p) => masks.filter((mask) => isLive(mask, p)).length < minHolders,
      );
      expect(rule.sharedPositions(server.state, full)).toEqual(difference(full, exclusive));
      expect([...livePositions(exclusive)].filter((p) => g[p] !== 0 || after?.[p] !== before?.[p])).toEqual([]);
      for (const [client, architecture] of server.registry) {
        const { mask } = rule.download(server.state, { client, architecture });
        expect(intersect(mask, exclusive).live).toBe(0);
      }
    }
  });

  test('registering anew moves the counts: what a client drops becomes exclusive to the others', () => {
    const clients = Math.max(2, minimumClients);
    const rule = make({ minHolders: clients });
    const server = nextRound(rule, layout, startServer(rule, layout), sampleUpdates(layout, clients, 1, 12));
    const half = architectureFrom(layout.size, (p) => p % 2 === 0);
    const again = sampleUpdates(layout, minimumClients, 1, 13);
    again[0] = sampleUpdate('c0', half, 3, seededRandom(2));
    const next = nextRound(rule, layout, server, again, 2);
    const { mask } = rule.download(next.state, { client: 'c1', architecture: full });
    expect([...livePositions(mask)]).toEqual([...livePositions(half)]);
    expect(difference(rule.sharedPositions(next.state, full), half).live).toBe(0);
    rule.globalModule(next.state).forEach((value, p) => {
      if (p % 2 === 1) expect(value).toBe(0);
    });
  });

  test('a position that is shared by registration alone, and never travelled, is not written', () => {
    const rule = make({ minHolders: 2 });
    const travels = architectureFrom(layout.size, (p) => p < 20);
    const random = seededRandom(13);
    const updates = Array.from({ length: Math.max(2, minimumClients) }, (_, i) => ({
      ...sampleUpdate(`c${i}`, travels, 2, random),
      architecture: full,
    }));
    const server = nextRound(rule, layout, startServer(rule, layout), updates);
    const { mask } = rule.download(server.state, { client: 'c0', architecture: full });
    expect([...livePositions(mask)]).toEqual([...livePositions(travels)]);
    expect(
      rule
        .globalModule(server.state)
        .subarray(20)
        .every((value) => value === 0),
    ).toBe(true);
  });
}
