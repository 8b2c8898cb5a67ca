/// <reference types="jest" />
import { architectureFrom, difference, emptyArchitecture, type Layout, rankArchitecture } from '@perfit/lora';
import type { Aggregator, ServerState, Update } from '../contract.js';
import type { Bench } from './bench.js';
import { nextRound, sampleLayout, sampleUpdate, seededRandom, startServer } from './federation.js';
import { effectiveChange, expectClose, outcome, products } from './outcome.js';

/** What leaves a server, whoever sent what: finite, inside of the receiver's shared positions, residuals of the layout. */
export function testOutgoing({ make, layout, updates, after, sample, demands }: Bench): void {
  test('sends finite values inside of the receiver’s shared positions, at every stage', () => {
    const aggregator = make();
    const started = startServer(aggregator, layout);
    const stages = [started, nextRound(aggregator, layout, started, updates)];
    stages.push(nextRound(aggregator, layout, stages[1], sample(2, 0.3, 8), 2));
    const strangers = sample(7, 0.4, 4).slice(5);
    for (const { state } of stages) expectSound(aggregator, layout, state, [...updates, ...strangers]);
  });

  test('clients of different ranks: every mask is 0 above its client’s rank', () => {
    const wide = sampleLayout(4);
    const random = seededRandom(21);
    const aggregator = make();
    let server = startServer(aggregator, wide);
    for (let round = 1; round <= 2; round++) {
      const ranks = updates.map((_, i) => [1, 4, 2, 3][(i + round) % 4]);
      const mixed = ranks.map((rank, i) => sampleUpdate(`c${i}`, rankArchitecture(wide, rank), 1 + i, random, demands));
      const reversed = nextRound(aggregator, wide, server, [...mixed].reverse(), round);
      server = nextRound(aggregator, wide, server, mixed, round);
      expectClose(outcome(aggregator, wide, reversed), outcome(aggregator, wide, server));
      expectClose(effectiveChange(aggregator, wide, reversed.state), effectiveChange(aggregator, wide, server.state));
      expectSound(aggregator, wide, server.state, mixed);
    }
  });

  test('clients from which nothing travels, one of them or all', () => {
    const aggregator = make();
    const random = seededRandom(22);
    const nothing = emptyArchitecture(layout.size);
    const empty = updates.map(({ client }) => sampleUpdate(client, nothing, 3, random, demands));
    for (const list of [[...updates.slice(1), empty[0]], empty]) {
      const first = after(list, aggregator);
      expectSound(aggregator, layout, first.state, updates);
      expectSound(aggregator, layout, nextRound(aggregator, layout, first, updates, 2).state, updates);
      expectSound(aggregator, layout, nextRound(aggregator, layout, after(updates), list, 2).state, updates);
    }
  });

  if (!demands.components && !demands.everythingTravels)
    test('clients of which a part travels, another one every round', () => {
      const aggregator = make();
      const random = seededRandom(23);
      let server = startServer(aggregator, layout);
      for (let round = 1; round <= 3; round++) {
        const partly = updates.map(({ client, architecture }) => {
          const travels = architectureFrom(layout.size, (p) => p % 3 !== round % 3);
          const mask = difference(architecture, travels);
          return { ...sampleUpdate(client, mask, 2, random, demands), architecture };
        });
        server = nextRound(aggregator, layout, server, partly, round);
        expectSound(aggregator, layout, server.state, partly);
      }
    });

  test('the scale σ moves the residual in proportion, and nothing else', () => {
    const aggregator = make();
    const [once, thrice] = [2, 6].map((scale) => {
      let server = startServer(aggregator, layout);
      for (const round of [1, 2]) server = nextRound(aggregator, layout, server, sample(4, 0.6, round), round, scale);
      return server;
    });
    expectClose(outcome(aggregator, layout, thrice), outcome(aggregator, layout, once));
    const residual = ({ state }: { readonly state: ServerState }) =>
      products(layout, aggregator.residual?.(state) ?? []);
    expectClose(
      residual(thrice).map((value) => value / 3),
      residual(once),
    );
  });

  if (make().point)
    test('its point is what downloads are cut from: written, it is what is read and sent', () => {
      const aggregator = make();
      const { point } = aggregator;
      if (!point) throw new Error('point is there or not, from one call to the next');
      for (const { state } of [startServer(aggregator, layout), after(updates, aggregator)]) {
        const other = Float32Array.from({ length: layout.size }, (_, p) => p + 100);
        const written = point.write(state, other);
        expect(point.read(state).length).toBe(layout.size);
        expect([...point.read(written)]).toEqual([...other]);
        expect(point.known(written)).toEqual(point.known(state));
        for (const { client, architecture } of updates) {
          const { mask, values } = aggregator.download(written, { client, architecture });
          expect(mask).toEqual(aggregator.download(state, { client, architecture }).mask);
          expect(difference(mask, point.known(state)).live).toBe(0);
          expect([...values].every((value) => value >= 100)).toBe(true);
        }
      }
    });
}

function expectSound(aggregator: Aggregator, layout: Layout, state: ServerState, receivers: readonly Update[]): void {
  expect(aggregator.globalModule(state).length).toBe(layout.size);
  expect(aggregator.globalModule(state).every(Number.isFinite)).toBe(true);
  for (const { client, architecture } of receivers) {
    const shared = aggregator.sharedPositions(state, architecture);
    const { mask, values, vectors = {} } = aggregator.download(state, { client, architecture });
    expect(difference(shared, architecture).live).toBe(0);
    expect(difference(mask, shared).live).toBe(0);
    expect(Object.keys(vectors).sort()).toEqual([...(aggregator.sends ?? [])].sort());
    for (const sent of [values, ...Object.values(vectors)]) {
      expect(sent.length).toBe(mask.live);
      expect(sent.every(Number.isFinite)).toBe(true);
    }
  }
  for (const { site: name, rank, A, B } of aggregator.residual?.(state) ?? []) {
    const site = layout.sites.find((each) => each.name === name);
    expect([A.length, B.length]).toEqual([rank * (site?.in ?? Number.NaN), rank * (site?.out ?? Number.NaN)]);
    expect([...A, ...B].every(Number.isFinite)).toBe(true);
  }
}
