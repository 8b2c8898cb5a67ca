import type { ServerState } from './contract.js';
import { errors } from './errors.js';

const KINDS = { Float32Array, Float64Array, Uint32Array };
type Kinds = { Float32Array: Float32Array; Float64Array: Float64Array; Uint32Array: Uint32Array };

/**
 * Reads one array of a server state, which may come from a file.
 *
 * @param length what it must hold; default: anything.
 * @throws `aggregation/bad-state`
 */
export function stateArray<K extends keyof Kinds>(
  state: ServerState,
  name: string,
  kind: K,
  length?: number,
): Kinds[K] {
  const array = state[name];
  if (!(array instanceof KINDS[kind]) || (length !== undefined && array.length !== length))
    throw errors.make('bad-state', {
      what: `state "${name}" is ${array ? `${array.length} numbers in a ${array.constructor.name}` : 'absent'}, due is a ${kind}${length === undefined ? '' : ` of ${length}`}`,
      cure: 'Resume with the aggregator and the layout that the state was saved with',
    });
  return array as Kinds[K];
}
