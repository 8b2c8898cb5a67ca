import { type Architecture, architectureFrom, type Layout, pack } from '@perfit/lora';
import type { Random } from '@perfit/strategy';
import type { Aggregator, FoldContext, ServerState, Update } from '../contract.js';

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

/** A layout of two sites of rank 2 and odd sizes, so that its last byte is not full: P = 2 · (5 + 3) + 2 · (4 + 7) = 38. */
export function sampleLayout(): Layout {
  const sites = [
    { name: 'model.layers.0.self_attn.q_proj', layer: 0, in: 5, out: 3, flops: 30 },
    { name: 'model.layers.1.self_attn.q_proj', layer: 1, in: 4, out: 7, flops: 56 },
  ];
  let offset = 0;
  const slots = sites.flatMap((site) =>
    (['A', 'B'] as const).map((factor) => {
      const [rows, columns] = factor === 'A' ? [2, site.in] : [site.out, 2];
      const name = `base_model.model.${site.name}.lora_${factor}.weight`;
      const slot = { name, site, factor, offset, rows, columns, size: rows * columns };
      offset += slot.size;
      return slot;
    }),
  );
  return { sites, rank: 2, slots, size: offset };
}

/** A client's update with the given architecture, all of which travels; values drawn from [−1, 1). */
export function sampleUpdate(client: string, architecture: Architecture, examples: number, random: Random): Update {
  const theta = Float32Array.from({ length: architecture.size }, () => random() * 2 - 1);
  return { client, mask: architecture, values: pack(theta, architecture), architecture, examples, metrics: {} };
}

/** Clients `c0` … with random architectures of the given density and 1 to 20 examples each. */
export function sampleUpdates(layout: Layout, clients: number, density: number, seed: number): Update[] {
  const random = seededRandom(seed);
  return Array.from({ length: clients }, (_, i) => {
    const architecture = architectureFrom(layout.size, () => random() < density);
    return sampleUpdate(`c${i}`, architecture, 1 + Math.floor(random() * 20), random);
  });
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
export function contextOf(server: Server, layout: Layout, round = 1): FoldContext {
  return { layout, scale: 2, round, random: seededRandom(round), registered: (client) => server.registry.get(client) };
}

/** One round: folds the updates in their order and registers their architectures. */
export function nextRound(
  aggregator: Aggregator,
  layout: Layout,
  server: Server,
  updates: readonly Update[],
  round = 1,
): Server {
  const fold = aggregator.fold(server.state, contextOf(server, layout, round));
  for (const update of updates) fold.add(update);
  const registry = new Map(server.registry);
  for (const { client, architecture } of updates) registry.set(client, architecture);
  return { state: fold.finish(), registry };
}
