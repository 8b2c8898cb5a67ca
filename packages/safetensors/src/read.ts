import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { StoredTensor, TensorFile } from './contract.js';
import { errors } from './errors.js';
import { parseHeader } from './header.js';
import { nearest } from './nearest.js';
import { isSystemError } from './system-error.js';

/** The reference library's limit: a longer header is an attack or garbage. */
const largestHeader = 100_000_000;
/** Node reads at most 2³¹ − 1 bytes in one call. */
const largestRead = 1 << 30;

function readRange(path: string, file: number, start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(file, bytes, done, Math.min(length - done, largestRead), start + done);
    if (count === 0)
      throw errors.make('truncated', {
        what: `${path} ended at byte ${start + done} of ${start + length}`,
        cure: 'Get the file again; it may have been changed while it was read',
      });
    done += count;
  }
  return bytes;
}

function readHeader(path: string, file: number) {
  const size = fstatSync(file).size;
  const cure = 'Check that it is a safetensors file, and whole';
  if (size < 8) throw errors.make('truncated', { what: `${path} has ${size} bytes, the header alone takes 8`, cure });
  const length = Number(new DataView(readRange(path, file, 0, 8).buffer).getBigUint64(0, true));
  if (length > largestHeader)
    throw errors.make('bad-header', { what: `${path} announces a header of ${length} bytes`, cure });
  if (length > size - 8)
    throw errors.make('truncated', { what: `${path} holds ${size - 8} of ${length} bytes of header`, cure });
  return { ...parseHeader(path, readRange(path, file, 8, length), size - 8 - length), start: 8 + length };
}

/**
 * Opens a safetensors file and checks its header: length against the file's size, JSON, unique names, known element
 * types, shapes against bytes, and offsets that cover the data without gap or overlap. Tensors are read on demand,
 * each into memory of its own.
 *
 * @throws `unreadable`, `truncated`, `bad-header`, `bad-tensor`, `bad-offsets`, `duplicate-name`
 * @example
 * const file = openTensors('adapter_model.safetensors');
 * const values = toFloat32(file.read(file.entries[0].name));
 * file.close();
 */
export function openTensors(path: string): TensorFile {
  let file: number | undefined;
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  try {
    file = openSync(path, 'r');
    const { metadata, entries, start } = readHeader(path, file);
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    const read = (name: string): StoredTensor => {
      if (file === undefined)
        throw errors.make('closed', {
          what: `${path} is closed, "${name}" was asked for`,
          cure: 'Read before closing',
        });
      const entry = byName.get(name);
      if (!entry)
        throw errors.make('unknown-tensor', {
          what: `${path} holds no tensor "${name}"`,
          cure: `The nearest names are: ${nearest(name, [...byName.keys()]).join(', ') || '(none: the file is empty)'}`,
        });
      const { elementType, shape, begin, end } = entry;
      return { name, elementType, shape, bytes: readRange(path, file, start + begin, end - begin) };
    };
    const listed = entries.map(({ name, elementType, shape }) => ({ name, elementType, shape }));
    return { path, metadata, entries: listed, read, close };
  } catch (thrown) {
    close();
    if (isSystemError(thrown))
      throw errors.make('unreadable', {
        what: `cannot read ${path}: ${thrown.message}`,
        cure: 'Check the path and its permissions',
        cause: thrown,
      });
    throw thrown;
  }
}
