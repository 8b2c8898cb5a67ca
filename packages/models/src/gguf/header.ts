import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { gguf } from '@huggingface/gguf';
import { errors } from '../errors.js';
import type { Quantisation } from './quantisation.js';
import { quantisationOf } from './quantisations.js';

/** A tensor as it lies in a GGUF file. */
export interface StoredGgufTensor {
  /** ggml's name. */
  readonly name: string;
  /** Outermost axis first, as everywhere but in the file. */
  readonly shape: readonly number[];
  readonly quantisation: Quantisation;
  /** First byte in the file, and their number. */
  readonly start: number;
  readonly bytes: number;
}

/** What stands before the weights. */
export interface GgufHeader {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: readonly StoredGgufTensor[];
}

/** Magic, version, number of tensors, number of metadata. */
const SMALLEST = 24;
const cure = 'Get the file again; it may have been cut off while it was copied';

function checkMagic(path: string): number {
  const file = openSync(path, 'r');
  try {
    const magic = Buffer.alloc(4);
    readSync(file, magic);
    if (magic.toString('latin1') !== 'GGUF')
      throw errors.make('gguf-magic', {
        what: `${path} starts with ${JSON.stringify(magic.toString('latin1'))}, not with "GGUF"`,
        cure: 'Give a GGUF file, whole',
      });
    const { size } = fstatSync(file);
    if (size < SMALLEST)
      throw errors.make('gguf-truncated', { what: `${path} has ${size} bytes, its header takes more`, cure });
    return size;
  } finally {
    closeSync(file);
  }
}

/** Reading past the end is how the parser finds out that a file is cut off. */
function explain(path: string, cause: unknown): Error {
  const { name, message } = cause as Error;
  if (name === 'RangeError' || /chunk fetches/.test(message))
    return errors.make('gguf-truncated', { what: `${path} ends within its header`, cure, cause });
  return errors.make('gguf-malformed', { what: `the header of ${path} cannot be read: ${message}`, cure, cause });
}

function locate(
  { name, shape, dtype, offset }: { name: string; shape: bigint[]; dtype: number; offset: bigint },
  dataStart: number,
): StoredGgufTensor {
  const quantisation = quantisationOf(name, dtype);
  const sizes = shape.map(Number).reverse();
  const count = sizes.reduce((product, size) => product * size, 1);
  if ((sizes.at(-1) ?? 1) % quantisation.blockSize !== 0)
    throw errors.make('gguf-malformed', {
      what: `rows of ${name} [${sizes}] are no whole blocks of ${quantisation.name}`,
      cure,
    });
  const bytes = (count / quantisation.blockSize) * quantisation.blockBytes;
  return { name, shape: sizes, quantisation, start: dataStart + Number(offset), bytes };
}

/**
 * Reads a GGUF file's header and checks that every tensor lies inside the file.
 *
 * @throws `gguf-magic`, `gguf-malformed`, `gguf-truncated`, `unsupported-quantisation`
 */
export async function readHeader(path: string): Promise<GgufHeader> {
  const size = checkMagic(path);
  const parsed = await gguf(path, { allowLocalFile: true }).catch((cause: unknown) => {
    throw explain(path, cause);
  });
  if (!parsed.littleEndian)
    throw errors.make('gguf-malformed', { what: `${path} is big-endian`, cure: 'Take the little-endian file' });
  const tensors = parsed.tensorInfos.map((info) => locate(info, Number(parsed.tensorDataOffset)));
  for (const { name, start, bytes } of tensors)
    if (start + bytes > size)
      throw errors.make('gguf-truncated', {
        what: `${path} has ${size} bytes, ${name} reaches to ${start + bytes}`,
        cure,
      });
  return { metadata: { ...parsed.metadata }, tensors };
}
