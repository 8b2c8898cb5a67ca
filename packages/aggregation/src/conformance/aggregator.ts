/// <reference types="jest" />
import { fullArchitecture, lowRankFactors } from '@perfit/lora';
import type { Aggregator } from '../contract.js';
import { type AggregatorTraits, benchOf } from './bench.js';
import { contextOf, nextRound, type Server, sampleUpdate, seededRandom, startServer } from './federation.js';
import { effectiveChange, expectClose, outcome, products, savedAndRestored, snapshot } from './outcome.js';
import { testOutgoing } from './outgoing.js';
import { testPositions } from './positions.js';
import { testRefusals } from './refusals.js';

/**
 * The contract of every {@link Aggregator}, as a jest suite: weighting by examples, permutation to 1e-6, determinism,
 * untouched inputs, values on the positions of their mask, streaming, no leak between rounds or federations, the empty
 * round, the single client, clients of different ranks, clients from which nothing or a part travels, the scale σ,
 * refusal of broken updates, a state that grows with the adapter alone and survives saving, finite downloads inside the
 * receiver's shared positions, residuals of the layout's sites. Updates are made as the aggregator demands them: whole
 * components, vectors.
 *
 * Needs describe, test, test.each and expect as globals, no more.
 *
 * @param make makes the aggregator; called for every test, and once before them.
 *
 * @example
 * describe('weightedMean', () => testAggregator(() => weightedMean()));
 * describe('krum', () => testAggregator(() => krum({ byzantine: 1 }), { weighted: false, minimumClients: 5 }));
 */
export function testAggregator(make: () => Aggregator, traits: AggregatorTraits = {}): void {
  const bench = benchOf(make, traits);
  const { layout, updates, after, sample, demands } = bench;
  const { weighted, minimumClients, perClient } = bench.traits;
  const expectSame = (a: Server, b: Server) => {
    expectClose(outcome(make(), layout, a), outcome(make(), layout, b));
    expectClose(effectiveChange(make(), layout, a.state), effectiveChange(make(), layout, b.state));
  };

  test('has a kebab-case name', () => {
    expect(make().name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test('scaling every number of examples changes nothing beyond 1e-6', () => {
    expectSame(after(updates.map((update) => ({ ...update, examples: update.examples * 3 }))), after(updates));
  });

  if (weighted)
    test('a client with nearly all examples decides the mean', () => {
      const full = fullArchitecture(layout.size);
      const random = seededRandom(3);
      const [heavy, ...light] = sample(2, 1, 3).map(({ client }, i) =>
        sampleUpdate(client, full, i === 0 ? 1e9 : 1, random, demands),
      );
      const aggregator = make();
      // Rules of products are free to share them out between A, B and the residual; they start where B A = 0.
      const started = { state: aggregator.initialize(layout, new Float32Array(layout.size)), registry: new Map() };
      const { state } = nextRound(aggregator, layout, started, [heavy, ...light]);
      if (!demands.components) expectClose(aggregator.globalModule(state), heavy.values);
      expectClose(
        effectiveChange(aggregator, layout, state),
        products(layout, lowRankFactors(layout, heavy.values, 2)),
      );
    });

  test('the order of the updates changes nothing beyond 1e-6', () => {
    expectSame(after([...updates].reverse()), after(updates));
    expectSame(after([...updates.slice(2), ...updates.slice(0, 2)]), after(updates));
  });

  test('the same updates in the same order give the same bits', () => {
    expect(after(updates).state).toEqual(after(updates).state);
  });

  test('alters neither updates, state, registry nor start', () => {
    const aggregator = make();
    const start = Float32Array.from({ length: layout.size }, (_, p) => p / 10);
    const server: Server = { state: aggregator.initialize(layout, start), registry: new Map() };
    const before = snapshot({ updates, state: server.state, start });
    const next = nextRound(aggregator, layout, server, updates);
    expect(snapshot({ updates, state: server.state, start })).toEqual(before);
    start.fill(9);
    expect(snapshot({ state: server.state })).toEqual({ state: (before as { state: unknown }).state });
    const saved = snapshot(next.state);
    const { architecture } = updates[0];
    const { values, vectors = {} } = aggregator.download(next.state, { client: 'c0', architecture });
    for (const sent of [values, ...Object.values(vectors), aggregator.globalModule(next.state)]) sent.fill(9);
    aggregator.sharedPositions(next.state, architecture);
    aggregator.residual?.(next.state);
    expect(snapshot(next.state)).toEqual(saved);
    expect(snapshot(updates)).toEqual(snapshot(sample(5, 0.6, 1)));
  });

  test('streams: an update may be overwritten once it is added, and the round is that of the batch', () => {
    const aggregator = make();
    const server = startServer(aggregator, layout);
    const fold = aggregator.fold(server.state, contextOf(server, layout));
    for (const update of sample(5, 0.6, 1)) {
      fold.add(update);
      for (const sent of [update.values, ...Object.values(update.vectors ?? {})]) sent.fill(Number.NaN);
      update.mask.bits.fill(0);
      update.architecture.bits.fill(0);
    }
    expect(fold.finish()).toEqual(after(updates).state);
  });

  test('rounds leave no trace outside of the state', () => {
    const aggregator = make();
    const server = startServer(aggregator, layout);
    const abandoned = aggregator.fold(server.state, contextOf(server, layout));
    abandoned.add(sample(1, 0.9, 99)[0]);
    nextRound(aggregator, layout, server, sample(3, 0.5, 98));
    expect(nextRound(aggregator, layout, server, updates).state).toEqual(after(updates).state);
  });

  test('a round without an update leaves the state as it was, the first and a later one', () => {
    const aggregator = make();
    const started = startServer(aggregator, layout);
    expect(nextRound(aggregator, layout, started, []).state).toEqual(started.state);
    const server = nextRound(aggregator, layout, started, updates);
    expect(nextRound(aggregator, layout, server, [], 2).state).toEqual(server.state);
  });

  if (minimumClients === 1)
    test('a single client makes a round', () => {
      expect(outcome(make(), layout, after(updates.slice(0, 1))).every(Number.isFinite)).toBe(true);
    });

  test('saved and restored between rounds, it goes on with the same bits', () => {
    const aggregator = make();
    let [kept, resumed] = [after(updates, aggregator), after(updates, aggregator)];
    for (const round of [2, 3, 4]) {
      resumed = { ...resumed, state: savedAndRestored(resumed.state) };
      const list = sample(round, 0.5, round);
      kept = nextRound(aggregator, layout, kept, list, round);
      resumed = nextRound(make(), layout, resumed, list, round);
      expect(resumed.state).toEqual(kept.state);
      expect(outcome(make(), layout, resumed)).toEqual(outcome(aggregator, layout, kept));
      expect(make().residual?.(resumed.state)).toEqual(aggregator.residual?.(kept.state));
    }
    for (const array of Object.values(kept.state))
      expect(['Float32Array', 'Float64Array', 'Uint32Array']).toContain(array.constructor.name);
  });

  if (!perClient)
    test('its state grows with the adapter, not with the clients', () => {
      const sizes = [3, 30].map((clients) =>
        Object.values(after(sample(Math.max(clients, minimumClients), 0.6, 5)).state).reduce(
          (sum, array) => sum + array.length,
          0,
        ),
      );
      expect(sizes[0]).toBe(sizes[1]);
    });

  testPositions(bench);
  testOutgoing(bench);
  describe('refuses', () => testRefusals(bench));
}
