import type { ElementType } from './contract.js';
import { byteLength, elementTypes, isElementType } from './element.js';
import { errors } from './errors.js';
import { topLevelKeys } from './keys.js';

/** A tensor as the header announces it; offsets count from the end of the header. */
interface HeaderEntry {
  readonly name: string;
  readonly elementType: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the data. */
  readonly entries: readonly HeaderEntry[];
}

const restore = 'Get the file again, or write it with a current safetensors';

function parseJson(path: string, bytes: Uint8Array): Record<string, unknown> {
  let json: unknown;
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    throw errors.make('bad-header', { what: `the header of ${path} is not JSON in UTF-8`, cure: restore, cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw errors.make('bad-header', { what: `the header of ${path} is not a JSON object`, cure: restore });
  // JSON.parse keeps the last of two equal keys without a word.
  const seen = new Set<string>();
  for (const key of topLevelKeys(text)) {
    if (seen.has(key))
      throw errors.make('duplicate-name', { what: `${path} names the tensor "${key}" twice`, cure: restore });
    seen.add(key);
  }
  return json as Record<string, unknown>;
}

function parseMetadata(path: string, metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw errors.make('bad-header', { what: `__metadata__ of ${path} is not an object`, cure: restore });
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string')
      throw errors.make('bad-header', {
        what: `__metadata__ of ${path} has a value that is not text: ${key} = ${JSON.stringify(value)}`,
        cure: 'Write metadata as text only',
      });
  return metadata as Record<string, string>;
}

function parseEntry(path: string, name: string, value: unknown): HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const bad = (what: string, cure = restore) =>
    errors.make('bad-tensor', { what: `"${name}" of ${path} ${what}`, cure });
  if (!isElementType(dtype))
    throw bad(`has the element type ${JSON.stringify(dtype)}`, `Convert it to one of ${elementTypes.join(', ')}`);
  const bytes = byteLength(dtype, shape);
  if (bytes === undefined) throw bad(`has the shape ${JSON.stringify(shape)}`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end))
    throw bad(`has the data_offsets ${JSON.stringify(offsets)}`);
  const range = { begin: begin as number, end: end as number };
  if (range.begin < 0 || range.end - range.begin !== bytes)
    throw bad(
      `takes ${bytes} bytes as ${dtype} ${JSON.stringify(shape)}, its data_offsets say ${JSON.stringify(offsets)}`,
    );
  return { name, elementType: dtype, shape: shape as number[], ...range };
}

/**
 * Parses and checks a header against the bytes of data that follow it.
 *
 * @throws `bad-header`, `duplicate-name`, `bad-tensor`, `bad-offsets`, `truncated`
 */
export function parseHeader(path: string, bytes: Uint8Array, dataLength: number): Header {
  const { __metadata__, ...tensors } = parseJson(path, bytes);
  const metadata = parseMetadata(path, __metadata__);
  const entries = Object.entries(tensors)
    .map(([name, value]) => parseEntry(path, name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected)
      throw errors.make('bad-offsets', {
        what: `"${name}" of ${path} begins at byte ${begin} of the data where ${expected} was due`,
        cure: restore,
      });
    expected = end;
  }
  if (expected > dataLength)
    throw errors.make('truncated', { what: `${path} holds ${dataLength} of ${expected} bytes of data`, cure: restore });
  if (expected < dataLength)
    throw errors.make('bad-offsets', {
      what: `${path} holds ${dataLength - expected} bytes that belong to no tensor`,
      cure: restore,
    });
  return { metadata, entries };
}
