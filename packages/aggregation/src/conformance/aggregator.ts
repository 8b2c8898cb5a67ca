/// <reference types="jest" />
import { difference, fullArchitecture, type Layout } from '@perfit/lora';
import { isPerfitError } from '@perfit/strategy';
import type { Aggregator, ServerState, Update } from '../contract.js';
import {
  contextOf,
  nextRound,
  type Server,
  sampleLayout,
  sampleUpdate,
  sampleUpdates,
  seededRandom,
  startServer,
} from './federation.js';

/** What {@link testAggregator} cannot assume of every rule. */
export interface AggregatorTraits {
  /** Whether an update counts by its examples; false for medians and the like. Default true. */
  readonly weighted?: boolean;
}

/**
 * The contract of every {@link Aggregator}, as a jest suite: weighting by examples, permutation to 1e-6, determinism,
 * untouched inputs, no leak between rounds or federations, the empty round, the single client, refusal of broken
 * updates, streaming, a state that grows with the adapter alone and survives saving, downloads inside the receiver's
 * shared positions.
 *
 * @param make makes the aggregator; called for every test.
 *
 * @example
 * describe('weightedMean', () => testAggregator(() => weightedMean()));
 */
export function testAggregator(make: () => Aggregator, { weighted = true }: AggregatorTraits = {}): void {
  const layout = sampleLayout();
  const updates = sampleUpdates(layout, 5, 0.6, 1);
  const after = (list: readonly Update[], aggregator = make()) =>
    nextRound(aggregator, layout, startServer(aggregator, layout), list);

  test('has a kebab-case name', () => {
    expect(make().name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test('scaling every number of examples changes nothing beyond 1e-6', () => {
    const scaled = updates.map((update) => ({ ...update, examples: update.examples * 3 }));
    expectClose(outcome(make(), layout, after(scaled)), outcome(make(), layout, after(updates)));
  });

  if (weighted)
    test('a client with nearly all examples decides the mean', () => {
      const full = fullArchitecture(layout.size);
      const random = seededRandom(3);
      const [heavy, light] = [1e9, 1].map((examples, i) => sampleUpdate(`c${i}`, full, examples, random));
      const server = after([heavy, light]);
      expectClose(make().globalModule(server.state), heavy.values);
    });

  test('the order of the updates changes nothing beyond 1e-6', () => {
    const reversed = outcome(make(), layout, after([...updates].reverse()));
    const rotated = outcome(make(), layout, after([...updates.slice(2), ...updates.slice(0, 2)]));
    const inOrder = outcome(make(), layout, after(updates));
    expectClose(reversed, inOrder);
    expectClose(rotated, inOrder);
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
    const saved = snapshot(next.state);
    const { architecture } = updates[0];
    aggregator.download(next.state, { client: 'c0', architecture }).values.fill(9);
    aggregator.globalModule(next.state).fill(9);
    aggregator.sharedPositions(next.state, architecture);
    expect(snapshot(next.state)).toEqual(saved);
    expect(snapshot(updates)).toEqual(snapshot(sampleUpdates(layout, 5, 0.6, 1)));
  });

  test('keeps nothing of an update: its arrays may be overwritten once it is added', () => {
    const aggregator = make();
    const server = startServer(aggregator, layout);
    const fold = aggregator.fold(server.state, contextOf(server, layout));
    for (const update of sampleUpdates(layout, 5, 0.6, 1)) {
      fold.add(update);
      update.values.fill(Number.NaN);
      update.mask.bits.fill(0);
    }
    expect(fold.finish()).toEqual(after(updates).state);
  });

  test('rounds leave no trace outside of the state', () => {
    const aggregator = make();
    const server = startServer(aggregator, layout);
    const abandoned = aggregator.fold(server.state, contextOf(server, layout));
    abandoned.add(sampleUpdates(layout, 1, 0.9, 99)[0]);
    nextRound(aggregator, layout, server, sampleUpdates(layout, 3, 0.5, 98));
    expect(nextRound(aggregator, layout, server, updates).state).toEqual(after(updates).state);
  });

  test('a round without an update leaves the state as it was, the first and a later one', () => {
    const aggregator = make();
    const started = startServer(aggregator, layout);
    expect(nextRound(aggregator, layout, started, []).state).toEqual(started.state);
    const server = nextRound(aggregator, layout, started, updates);
    expect(nextRound(aggregator, layout, server, [], 2).state).toEqual(server.state);
  });

  test('a single client makes a round', () => {
    const server = after(updates.slice(0, 1));
    const result = outcome(make(), layout, server);
    expect(result.every(Number.isFinite)).toBe(true);
  });

  test('goes on from a saved state with the same bits', () => {
    const aggregator = make();
    const server = after(updates, aggregator);
    const second = sampleUpdates(layout, 4, 0.5, 2);
    const resumed = { ...server, state: copyState(server.state) };
    expect(nextRound(make(), layout, resumed, second, 2).state).toEqual(
      nextRound(aggregator, layout, server, second, 2).state,
    );
  });

  test('its state grows with the adapter, not with the clients', () => {
    const sizes = [3, 30].map((clients) =>
      Object.values(after(sampleUpdates(layout, clients, 0.6, 5)).state).reduce((sum, array) => sum + array.length, 0),
    );
    expect(sizes[0]).toBe(sizes[1]);
  });

  test('sends finite values inside of the receiver’s shared positions, at every stage', () => {
    const aggregator = make();
    const started = startServer(aggregator, layout);
    const stages = [started, nextRound(aggregator, layout, started, updates)];
    stages.push(nextRound(aggregator, layout, stages[1], sampleUpdates(layout, 2, 0.3, 8), 2));
    for (const { state } of stages) {
      expect(aggregator.globalModule(state).length).toBe(layout.size);
      for (const { client, architecture } of [...updates, ...sampleUpdates(layout, 7, 0.4, 4).slice(5)]) {
        const shared = aggregator.sharedPositions(state, architecture);
        const { mask, values } = aggregator.download(state, { client, architecture });
        expect(difference(shared, architecture).live).toBe(0);
        expect(difference(mask, shared).live).toBe(0);
        expect(values.length).toBe(mask.live);
        expect(values.every(Number.isFinite)).toBe(true);
      }
    }
  });

  describe('refuses', () => {
    const [good] = updates;
    const { mask, values, architecture } = good;
    const broken: Record<string, Update> = {
      'a NaN': { ...good, values: values.map((value, i) => (i === 3 ? Number.NaN : value)) },
      'an infinity': { ...good, values: values.map((value, i) => (i === 0 ? Number.NEGATIVE_INFINITY : value)) },
      'too few values': { ...good, values: values.subarray(1) },
      'a mask of another layout': { ...good, mask: { ...mask, size: mask.size - 1 } },
      'a mask of too few bytes': { ...good, mask: { ...mask, bits: mask.bits.subarray(1) } },
      'a mask with a wrong count': { ...good, mask: { ...mask, live: mask.live + 1 } },
      'ones past the end': { ...good, architecture: { ...architecture, bits: architecture.bits.map((b) => b | 0x80) } },
      'a mask outside of the architecture': {
        ...good,
        mask: fullArchitecture(layout.size),
        values: new Float32Array(layout.size),
      },
      'no examples': { ...good, examples: 0 },
      'half an example': { ...good, examples: 1.5 },
      'NaN examples': { ...good, examples: Number.NaN },
    };
    test.each(Object.keys(broken))('%s, and the round goes on without it', (name) => {
      const aggregator = make();
      const server = startServer(aggregator, layout);
      const fold = aggregator.fold(server.state, contextOf(server, layout));
      expectRefusal(() => fold.add(broken[name]), good.client);
      for (const update of updates) fold.add(update);
      expect(fold.finish()).toEqual(after(updates).state);
    });

    test('a second update of one client, and one after the end', () => {
      const aggregator = make();
      const server = startServer(aggregator, layout);
      const fold = aggregator.fold(server.state, contextOf(server, layout));
      fold.add(good);
      expectRefusal(() => fold.add(good), good.client);
      fold.finish();
      expectRefusal(() => fold.add(updates[1]), updates[1].client);
    });

    test('a state of another layout', () => {
      const aggregator = make();
      const { state } = startServer(aggregator, layout);
      const cut = Object.fromEntries(Object.entries(state).map(([name, array]) => [name, array.slice(1)]));
      expect(() => aggregator.fold(cut, contextOf({ state: cut, registry: new Map() }, layout))).toThrow();
    });
  });
}

/** The global module and every client's download (0 where nothing comes), one after the other. */
function outcome(aggregator: Aggregator, layout: Layout, { state, registry }: Server): Float32Array {
  const downloads = [...registry.keys()].sort().flatMap((client) => {
    const { mask, values } = aggregator.download(state, { client, architecture: registry.get(client)! });
    return [...mask.bits, ...values];
  });
  expect(aggregator.globalModule(state).length).toBe(layout.size);
  return Float32Array.from([...aggregator.globalModule(state), ...downloads]);
}

function expectClose(a: Float32Array, b: Float32Array): void {
  expect(a.length).toBe(b.length);
  for (const [i, value] of a.entries())
    expect(Math.abs(value - b[i])).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(b[i])));
}

function expectRefusal(act: () => void, client: string): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(isPerfitError(thrown)).toBe(true);
  expect((thrown as Error).message).toContain(client);
}

const copyState = (state: ServerState): ServerState =>
  Object.fromEntries(Object.entries(state).map(([name, array]) => [name, array.slice()]));

const snapshot = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner) => (ArrayBuffer.isView(inner) ? [...(inner as Float32Array)] : inner)));
