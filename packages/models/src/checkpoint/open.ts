import { statSync } from 'node:fs';
import type { Checkpoint } from '../contract.js';
import { errors } from '../errors.js';
import { openGguf } from '../gguf/open.js';
import { openHuggingFace } from './hugging-face.js';

/**
 * Opens a model on disk: a Hugging Face directory (config.json, tokenizer.json, tokenizer_config.json, and
 * model.safetensors or its shards, in F32, F16 or BF16) or a `.gguf` file. Reads the header and the tokenizer;
 * weights are read on demand, each checked to be finite. The caller ends it with `weights.close()`.
 *
 * @throws `not-a-checkpoint`, `missing-file`, and whatever is wrong inside
 * @example
 * const checkpoint = await openCheckpoint('SmolLM2-135M-Instruct.Q4_1.gguf');
 * checkpoint.tokenizer.encode('The capital of France is'); // [504, 3575, 282, 4649, 314]
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw errors.make('missing-file', { what: `${path} does not exist`, cure: 'Check the path' });
  if (found.isDirectory()) return openHuggingFace(path);
  if (path.endsWith('.gguf')) return openGguf(path);
  throw errors.make('not-a-checkpoint', {
    what: `${path} is neither a directory nor a .gguf file`,
    cure: 'Give the directory that holds config.json, or a .gguf file',
  });
}
