import { type Architecture, architectureFrom, type Layout, pack, slotsBySite } from '@perfit/lora';
import type { Random } from '@perfit/strategy';
import type { Aggregator, AggregatorDemands, FoldContext, ServerState, Update } from '../contract.js';

/** A small deterministic stream for tests (mulberry32): the same seed gives the same draws. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A layout of two sites and odd sizes: P = R · (5 + 3) + R · (4 + 7), 38 for the default rank R = 2, its last byte not full. */
export function sampleLayout(rank = 2): Layout {
  const sites = [
    { name: 'model.layers.0.self_attn.q_proj', layer: 0, in: 5, out: 3, flops: 30 },
    { name: 'model.layers.1.self_attn.q_proj', layer: 1, in: 4, out: 7, flops: 56 },
  ];
  let offset = 0;
  const slots = sites.flatMap((site) =>
    (['A', 'B'] as const).map((factor) => {
      const [rows, columns] = factor === 'A' ? [rank, site.in] : [site.out, rank];
      const name = `base_model.model.${site.name}.lora_${factor}.weight`;
      const slot = { name, site, factor, offset, rows, columns, size: rows * columns };
      offset += slot.size;
      return slot;
    }),
  );
  return { sites, rank, slots, size: offset };
}

/**
 * A client's update with the given architecture, all of which travels; values drawn from [−1, 1), and after them each
 * demanded vector.
 */
export function sampleUpdate(
  client: string,
  architecture: Architecture,
  examples: number,
  random: Random,
  { vectors = [] }: AggregatorDemands = {},
): Update {
  const draw = () => Float32Array.from({ length: architecture.size }, () => random() * 2 - 1);
  const update = {
    client,
    mask: architecture,
    values: pack(draw(), architecture),
    architecture,
    examples,
    metrics: {},
  };
  if (vectors.length === 0) return update;
  return { ...update, vectors: Object.fromEntries(vectors.map((name) => [name, pack(draw(), architecture)])) };
}

/**
 * Clients `c0` … with random architectures of the given density, made of whole rank components where an aggregator
 * demands it, and 1 to 20 examples each.
 */
export function sampleUpdates(
  layout: Layout,
  clients: number,
  density: number,
  seed: number,
  demands: AggregatorDemands = {},
): Update[] {
  const random = seededRandom(seed);
  const drawn = () => random() < density;
  return Array.from({ length: clients }, (_, i) => {
    const architecture = demands.components
      ? componentArchitecture(layout, drawn)
      : architectureFrom(layout.size, drawn);
    return sampleUpdate(`c${i}`, architecture, 1 + Math.floor(random() * 20), random, demands);
  });
}

/** Whole rank components, decided site by site: a row of A lives and dies with its column of B. */
function componentArchitecture(layout: Layout, drawn: () => boolean): Architecture {
  const live = slotsBySite(layout).flatMap(({ A, B }) =>
    Array.from({ length: A.rows }, (_, k) => k)
      .filter(drawn)
      .flatMap((k) => [
        ...Array.from({ length: A.columns }, (_, i) => A.offset + k * A.columns + i),
        ...Array.from({ length: B.rows }, (_, o) => B.offset + o * B.columns + k),
      ]),
  );
  return architectureFrom(layout.size, live);
}

/** A server and its registry, as the runtime keeps them. */
export interface Server {
  readonly state: ServerState;
  readonly registry: ReadonlyMap<string, Architecture>;
}

/** The server before the first round, from a drawn θ₀. */
export function startServer(aggregator: Aggregator, layout: Layout, seed = 7): Server {
  const random = seededRandom(seed);
  const start = Float32Array.from({ length: layout.size }, () => random() - 0.5);
  return { state: aggregator.initialize(layout, start), registry: new Map() };
}

/** What a fold of this server is given. */
export function contextOf(server: Server, layout: Layout, round = 1, scale = 2): FoldContext {
  return { layout, scale, round, random: seededRandom(round), registered: (client) => server.registry.get(client) };
}

/** One round: folds the updates in their order and registers their architectures. */
export function nextRound(
  aggregator: Aggregator,
  layout: Layout,
  server: Server,
  updates: readonly Update[],
  round = 1,
  scale = 2,
): Server {
  const fold = aggregator.fold(server.state, contextOf(server, layout, round, scale));
  for (const update of updates) fold.add(update);
  const registry = new Map(server.registry);
  for (const { client, architecture } of updates) registry.set(client, architecture);
  return { state: fold.finish(), registry };
}
