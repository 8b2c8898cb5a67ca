import type { ServerState } from './contract.js';
import { stateArray } from './state-array.js';

const SIMILARITY = 'similarity/';

/** By client and other client; a pair that never met is absent. */
export type Similarities = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Similarities as arrays of a server state: for every client its row over all clients, sorted by name, NaN where absent. */
export function similaritiesToState(similarities: Similarities): ServerState {
  const clients = [...similarities.keys()].sort();
  return Object.fromEntries(
    clients.map((client) => [
      SIMILARITY + client,
      Float64Array.from(clients, (other) => similarities.get(client)?.get(other) ?? Number.NaN),
    ]),
  );
}

/** Reads what {@link similaritiesToState} wrote. */
export function similaritiesFromState(state: ServerState): Similarities {
  const clients = Object.keys(state)
    .filter((name) => name.startsWith(SIMILARITY))
    .map((name) => name.slice(SIMILARITY.length))
    .sort();
  return new Map(
    clients.map((client) => {
      const row = stateArray(state, SIMILARITY + client, 'Float64Array', clients.length);
      return [client, new Map(clients.flatMap((other, j) => (Number.isNaN(row[j]) ? [] : [[other, row[j]]])))];
    }),
  );
}

/**
 * Moves the pairs that met in a round towards what was found there, s ← memory · s + (1 − memory) · found; a first meeting
 * sets it.
 *
 * @param found `[n, n]` over `clients`.
 */
export function remember(
  before: Similarities,
  clients: readonly string[],
  found: Float64Array,
  memory: number,
): Similarities {
  const rows = new Map([...before].map(([client, row]) => [client, new Map(row)]));
  for (const [i, client] of clients.entries()) {
    const row = rows.get(client) ?? new Map<string, number>();
    rows.set(client, row);
    for (const [j, other] of clients.entries()) {
      if (j === i) continue;
      const now = found[i * clients.length + j];
      const past = row.get(other);
      row.set(other, past === undefined ? now : memory * past + (1 - memory) * now);
    }
  }
  return rows;
}
