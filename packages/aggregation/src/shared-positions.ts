import { type Architecture, architectureFrom } from '@perfit/lora';

/** What a registry rule says of positions. */
export interface SharedPositions {
  /** Held by enough clients. */
  readonly shared: Architecture;
  /** Those of them that have a g. */
  readonly sent: Architecture;
}

/**
 * Shared positions by the counts of the registry and of the rounds that wrote g. The answer for the latest state is
 * kept, since all clients' downloads ask for the same; arrays of a state are never altered.
 */
export function sharedPositions(
  minHolders: number,
): (holders: Uint32Array, aggregated: Uint32Array) => SharedPositions {
  let latest: (SharedPositions & { readonly of: readonly [Uint32Array, Uint32Array] }) | undefined;
  return (holders, aggregated) => {
    if (latest?.of[0] !== holders || latest.of[1] !== aggregated) {
      const { length } = holders;
      latest = {
        of: [holders, aggregated],
        shared: architectureFrom(length, (p) => holders[p] >= minHolders),
        sent: architectureFrom(length, (p) => holders[p] >= minHolders && aggregated[p] > 0),
      };
    }
    return latest;
  };
}
