import type { Example, Row } from '@perfit/datasets';
import type { StoredExamples } from './contract.js';
import { recentlyUsed } from './stores/recently-used.js';
import { temporaryFile } from './temporary-file.js';

/** Parts (training, validation, test rows of one client) that stay in memory. */
const IN_MEMORY = 8;

/** Where clients' rows lie, in tokens and in text, so that memory holds only those in use. */
export interface ExampleFile {
  /** Writes examples; what comes back reads them. */
  readonly store: (examples: readonly Example[]) => StoredExamples;
  /** Writes rows; what comes back reads them. */
  readonly storeRows: (rows: readonly Row[]) => () => readonly Row[];
  /** Ends the file: nothing can be read any more. */
  readonly close: () => void;
}

/** An empty {@link ExampleFile}. The eight parts read last stay in memory. */
export function exampleFile(): ExampleFile {
  const file = temporaryFile();
  const recent = recentlyUsed<number, readonly Example[]>(IN_MEMORY);
  return {
    store: (examples) => {
      const words = toWords(examples);
      const from = file.append(new Uint8Array(words.buffer));
      const { byteLength } = words;
      return {
        length: examples.length,
        lossTokens: examples.reduce((sum, { ids, promptLength }) => sum + ids.length - promptLength, 0),
        read: () => {
          if (byteLength === 0) return [];
          const known = recent.get(from);
          if (known) return known;
          const read = fromWords(new Int32Array(file.read(from, byteLength).buffer));
          recent.set(from, read);
          return read;
        },
      };
    },
    storeRows: (rows) => {
      const bytes = Buffer.from(JSON.stringify(rows));
      const { length } = bytes;
      const from = file.append(bytes);
      return () => JSON.parse(Buffer.from(file.read(from, length)).toString()) as readonly Row[];
    },
    close: file.close,
  };
}

/** Each example as its number of tokens, the length of its prompt, and its tokens. */
function toWords(examples: readonly Example[]): Int32Array {
  const words = new Int32Array(examples.reduce((sum, { ids }) => sum + 2 + ids.length, 0));
  let at = 0;
  for (const { ids, promptLength } of examples) {
    words.set([ids.length, promptLength], at);
    words.set(ids, at + 2);
    at += 2 + ids.length;
  }
  return words;
}

function fromWords(words: Int32Array): readonly Example[] {
  const examples: Example[] = [];
  for (let at = 0; at < words.length; ) {
    const [length, promptLength] = [words[at]!, words[at + 1]!];
    examples.push({ ids: words.subarray(at + 2, at + 2 + length), promptLength });
    at += 2 + length;
  }
  return examples;
}
