import type { StoredTensor } from './contract.js';
import { byteLength, elementTypes } from './element.js';
import { errors } from './errors.js';
import { writeWhole } from './write-whole.js';

/** The reference library's order: wider element types first, so that every tensor is aligned, then by name. */
function inFileOrder(a: StoredTensor, b: StoredTensor): number {
  const byType = elementTypes.indexOf(b.elementType) - elementTypes.indexOf(a.elementType);
  return byType || (a.name < b.name ? -1 : 1);
}

function check(tensors: readonly StoredTensor[]): void {
  const seen = new Set<string>();
  for (const { name, elementType, shape, bytes } of tensors) {
    if (seen.has(name))
      throw errors.make('duplicate-name', {
        what: `two tensors are named "${name}"`,
        cure: 'Give each its own name',
      });
    if (name === '__metadata__')
      throw errors.make('bad-tensor', { what: 'a tensor is named __metadata__', cure: 'Name it otherwise' });
    if (byteLength(elementType, shape) !== bytes.length)
      throw errors.make('bad-tensor', {
        what: `"${name}" has ${bytes.length} bytes for ${elementType} ${JSON.stringify(shape)}`,
        cure: 'Give product(shape) elements',
      });
    seen.add(name);
  }
}

/**
 * The bytes of a safetensors file, in chunks, laid out as the reference library does: names sorted (within an element
 * type, wider types first), compact JSON, the header padded with spaces to a multiple of 8 bytes.
 *
 * @throws `duplicate-name`, `bad-tensor`
 */
export function encodeTensors(
  tensors: readonly StoredTensor[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): readonly Uint8Array[] {
  check(tensors);
  const ordered = [...tensors].sort(inFileOrder);
  let end = 0;
  const entries = ordered.map(({ name, elementType, shape, bytes }): [string, unknown] => {
    const begin = end;
    end += bytes.length;
    return [name, { dtype: elementType, shape, data_offsets: [begin, end] }];
  });
  // Joined by hand: an object would move names that look like integers to the front.
  const fields = [['__metadata__', metadata], ...entries].map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  const json = Buffer.from(`{${fields.join(',')}}`);
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  return [header, ...ordered.map(({ bytes }) => bytes)];
}

/**
 * Writes a safetensors file, whole or not at all.
 *
 * @throws `duplicate-name`, `bad-tensor`, `unwritable`
 * @example
 * writeTensors('norm.safetensors', [fromFloat32('weight', new Float32Array(576), [576])]);
 */
export function writeTensors(
  path: string,
  tensors: readonly StoredTensor[],
  metadata?: Readonly<Record<string, string>>,
): void {
  writeWhole(path, encodeTensors(tensors, metadata));
}
