import type { ComparedClients } from '../paired-differences.js';

/** One seed's clients. */
export interface SeedClients {
  readonly seed: number;
  readonly clients: ComparedClients['methods'][string]['clients'];
}

/** All seeds of every method as one comparison, its clients named SEED/ID: a bootstrap then draws over both. */
export function poolSeeds(methods: Readonly<Record<string, readonly SeedClients[]>>): ComparedClients {
  const pooled = Object.entries(methods).map(([name, seeds]) => {
    const lines = seeds.flatMap(({ seed, clients }) =>
      Object.entries(clients).map(([id, line]) => [`${seed}/${id}`, line] as const),
    );
    return [name, { clients: Object.fromEntries(lines) }] as const;
  });
  return { methods: Object.fromEntries(pooled) };
}
