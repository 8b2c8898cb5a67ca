import type { Slot } from '@perfit/lora';
import type { ServerState } from './contract.js';
import { errors } from './errors.js';
import { stateArray } from './state-array.js';

/** Where the factors of one site lie in θ. */
export interface SitePlace {
  readonly A: Pick<Slot, 'offset' | 'rows' | 'columns'>;
  readonly B: Pick<Slot, 'offset' | 'rows' | 'columns'>;
}

/** Sites of a layout for a server state, six numbers each: downloads are made without the layout. */
export function writePlaces(sites: readonly SitePlace[]): Uint32Array {
  return Uint32Array.from(
    sites.flatMap(({ A, B }) => [A, B].flatMap(({ offset, rows, columns }) => [offset, rows, columns])),
  );
}

/** Reads the `places` of a server state. */
export function readPlaces(state: ServerState): readonly SitePlace[] {
  const numbers = stateArray(state, 'places', 'Uint32Array');
  if (numbers.length % 6 !== 0)
    throw errors.make('bad-state', {
      what: `state "places" has ${numbers.length} numbers, which is no multiple of 6`,
      cure: 'Resume with the state as it was saved',
    });
  const place = (at: number) => ({ offset: numbers[at], rows: numbers[at + 1], columns: numbers[at + 2] });
  return Array.from({ length: numbers.length / 6 }, (_, s) => ({ A: place(6 * s), B: place(6 * s + 3) }));
}
