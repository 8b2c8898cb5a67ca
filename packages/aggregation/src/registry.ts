import { type Architecture, lowestOne, wordsOf } from '@perfit/lora';
import { errors } from './errors.js';
import { maskedCount } from './masked-count.js';

/** The registry counts c[p] of a round under way: how many clients' latest architecture holds p. */
export interface RegistryCount {
  /**
   * Moves one client's entry from the architecture that it had (if any) to the one it has now; positions in both are not
   * touched.
   *
   * @throws `aggregation/bad-registry` where the counts before the round do not hold what the client had.
   */
  readonly move: (client: string, before: Architecture | undefined, now: Architecture) => void;
  /** The counts after the round `[P]`, in an array of their own. */
  readonly read: () => Uint32Array;
}

/** Counts on from those before the round; borrowed. */
export function registryCount(before: Uint32Array): RegistryCount {
  const counts = before.slice();
  const first = maskedCount(before.length);
  return {
    move: (client, had, has) => {
      if (!had) first.add(has, 1);
      else if (Buffer.compare(had.bits, has.bits) !== 0) change(counts, client, had, has);
    },
    read: () => {
      const added = first.read();
      const after = counts.slice();
      for (let p = 0; p < after.length; p++) after[p] += added[p];
      return after;
    },
  };
}

function change(counts: Uint32Array, client: string, had: Architecture, has: Architecture): void {
  const [old, now] = [wordsOf(had.bits), wordsOf(has.bits)];
  for (let i = 0; i < now.length; i++)
    for (let rest = old[i] ^ now[i]; rest !== 0; rest &= rest - 1) {
      const p = i * 32 + lowestOne(rest);
      if (!(old[i] & rest & -rest)) counts[p]++;
      else if (counts[p] > 0) counts[p]--;
      else
        throw errors.make('bad-registry', {
          what: `client ${client} is registered with position ${p}, which the server state counts for nobody`,
          cure: 'Resume registry and server state from the same round',
        });
    }
}
