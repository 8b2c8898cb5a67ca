import { type AdapterState, architectureFromBytes } from '@perfit/lora';
import type { NamedArrays } from './encode-arrays.js';

/** Vectors by name. */
export type Vectors = Readonly<Record<string, Float32Array>>;

/** An adapter as arrays `NAME.values` and `NAME.mask`; nothing where there is none. */
export function adapterArrays(name: string, state: AdapterState | undefined): NamedArrays {
  return state ? { [`${name}.values`]: state.values, [`${name}.mask`]: state.architecture.bits } : {};
}

/** Reads what {@link adapterArrays} made. */
export function readAdapterArrays(arrays: NamedArrays, name: string): AdapterState | undefined {
  const values = arrays[`${name}.values`] as Float32Array | undefined;
  const bits = arrays[`${name}.mask`] as Uint8Array;
  return values && { values, architecture: architectureFromBytes(values.length, bits) };
}

/** Vectors as arrays `PREFIX/NAME`. */
export function vectorArrays(prefix: string, vectors: Vectors = {}): NamedArrays {
  return Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [`${prefix}/${name}`, vector]));
}

/** Reads what {@link vectorArrays} made. */
export function readVectorArrays(arrays: NamedArrays, prefix: string): Vectors {
  return Object.fromEntries(
    Object.entries(arrays).flatMap(([name, array]) =>
      name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), array as Float32Array]] : [],
    ),
  );
}
