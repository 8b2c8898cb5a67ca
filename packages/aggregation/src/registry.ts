import { type Architecture, architectureFromBytes } from '@perfit/lora';
import { errors } from './errors.js';

/**
 * Moves one client's entry in the registry counts c[p] from the architecture that it had (if any) to the one it has now,
 * in place; positions in both are not touched.
 *
 * @throws `aggregation/bad-registry` when a count would fall below 0.
 */
export function recount(
  counts: Uint32Array,
  client: string,
  before: Architecture | undefined,
  now: Architecture,
): void {
  for (let byte = 0; byte < now.bits.length; byte++) {
    const old = before?.bits[byte] ?? 0;
    for (let rest = old ^ now.bits[byte]; rest; rest &= rest - 1) {
      const bit = rest & -rest;
      const p = byte * 8 + 31 - Math.clz32(bit);
      if (!(old & bit)) counts[p]++;
      else if (counts[p] > 0) counts[p]--;
      else
        throw errors.make('bad-registry', {
          what: `client ${client} is registered with position ${p}, which the server state counts for nobody`,
          cure: 'Resume registry and server state from the same round',
        });
    }
  }
}

/** The live positions of `architecture` that also satisfy `keep`. */
export function filterPositions(architecture: Architecture, keep: (position: number) => boolean): Architecture {
  const bits = new Uint8Array(architecture.bits.length);
  for (let byte = 0; byte < bits.length; byte++)
    for (let rest = architecture.bits[byte]; rest; rest &= rest - 1) {
      const bit = rest & -rest;
      if (keep(byte * 8 + 31 - Math.clz32(bit))) bits[byte] |= bit;
    }
  return architectureFromBytes(architecture.size, bits);
}
