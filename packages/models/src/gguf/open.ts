import { closeSync, openSync } from 'node:fs';
import { digestFiles } from '../checkpoint/digest.js';
import type { Checkpoint } from '../contract.js';
import { errors } from '../errors.js';
import { ggufTokenizer } from '../tokenizer/gguf.js';
import { parseGgufConfig } from './config.js';
import { readHeader, type StoredGgufTensor } from './header.js';
import { openGgufWeights, readTensor } from './weights.js';

function readOne(path: string, tensor: StoredGgufTensor): Float32Array {
  const file = openSync(path, 'r');
  try {
    return readTensor(path, file, tensor);
  } finally {
    closeSync(file);
  }
}

/** Opens a GGUF file. */
export async function openGguf(path: string): Promise<Checkpoint> {
  const { metadata, tensors } = await readHeader(path);
  if (Number(metadata['split.count'] ?? 1) > 1)
    throw errors.make('unsupported-model', {
      what: `${path} is one of ${metadata['split.count']} parts`,
      cure: 'Merge them with llama-gguf-split --merge',
    });
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const embedding = byName.get('token_embd.weight');
  const divisors = byName.get('rope_freqs.weight');
  const config = parseGgufConfig(metadata, {
    vocabulary: embedding?.shape[0] ?? 1,
    tiedHead: !byName.has('output.weight'),
    ropeDivisors: divisors && readOne(path, divisors),
  });
  const tokenizer = ggufTokenizer(metadata);
  const weights = openGgufWeights(path, tensors, config);
  let sha256: string | undefined;
  return {
    path,
    get sha256() {
      sha256 ??= digestFiles([path]);
      return sha256;
    },
    config,
    tokenizer,
    weights,
  };
}
