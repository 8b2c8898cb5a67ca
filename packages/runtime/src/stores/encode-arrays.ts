import { openTensors, type StoredTensor, writeTensors } from '@perfit/safetensors';

/** Arrays of any of the kinds that are kept, by name. */
export type NamedArrays = Readonly<Record<string, Float32Array | Float64Array | Uint32Array | Uint8Array>>;

const kinds = { Float32Array, Float64Array, Uint32Array, Uint8Array } as const;

/** Named arrays and what is said of them in words. */
export interface ArraysWithFacts {
  readonly arrays: NamedArrays;
  readonly facts: Readonly<Record<string, string>>;
}

/** Writes named arrays of any of these kinds, bit for bit, as the bytes of a safetensors file; kinds stand in its metadata. */
export function writeArrays(path: string, arrays: NamedArrays, facts: Readonly<Record<string, string>> = {}): void {
  const tensors = Object.entries(arrays).map(([name, array]): StoredTensor => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    return { name, elementType: 'U8', shape: [bytes.length], bytes };
  });
  const kindsOf = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [`kind:${name}`, array.constructor.name]),
  );
  writeTensors(path, tensors, { ...facts, ...kindsOf });
}

/** Reads what {@link writeArrays} wrote. */
export function readArrays(path: string): ArraysWithFacts {
  const file = openTensors(path);
  try {
    const arrays = Object.fromEntries(
      file.entries.map(({ name }) => {
        const kind = kinds[file.metadata[`kind:${name}`] as keyof typeof kinds] ?? Uint8Array;
        // In memory of its own, and so aligned for every kind.
        const { bytes } = file.read(name);
        return [name, new kind(bytes.buffer as ArrayBuffer, 0, bytes.length / kind.BYTES_PER_ELEMENT)];
      }),
    );
    return { arrays: arrays as NamedArrays, facts: file.metadata };
  } finally {
    file.close();
  }
}
