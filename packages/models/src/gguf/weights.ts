import { closeSync, openSync, readSync } from 'node:fs';
import { checkWeights, expectedWeights } from '../checkpoint/expected-weights.js';
import { checkFinite } from '../checkpoint/finite.js';
import type { ModelConfig, WeightSource } from '../contract.js';
import { errors } from '../errors.js';
import type { StoredGgufTensor } from './header.js';
import { huggingFaceName } from './names.js';
import { unpermute } from './unpermute.js';

/** Buffers of ggml that are no weights. */
const notWeights = new Set(['rope_freqs.weight']);
const LARGEST_READ = 1 << 30;

/** Reads and dequantises one tensor. */
export function readTensor(path: string, file: number, { name, quantisation, start, bytes }: StoredGgufTensor) {
  const raw = new Uint8Array(bytes);
  for (let done = 0; done < bytes; ) {
    const count = readSync(file, raw, done, Math.min(bytes - done, LARGEST_READ), start + done);
    if (count === 0)
      throw errors.make('gguf-truncated', { what: `${path} ends within ${name}`, cure: 'Get the file again' });
    done += count;
  }
  return checkFinite(path, name, quantisation.dequantise(raw));
}

/** How many heads the rows of q and k are ordered by; undefined for the rest. */
function headsOf(name: string, config: ModelConfig): number | undefined {
  if (name.endsWith('q_proj.weight')) return config.heads;
  return name.endsWith('k_proj.weight') ? config.keyValueHeads : undefined;
}

/** The tensors of a GGUF file as the weights of a configuration, rows of q and k in Hugging Face's order. */
export function openGgufWeights(path: string, tensors: readonly StoredGgufTensor[], config: ModelConfig): WeightSource {
  const byName = new Map(
    tensors.filter(({ name }) => !notWeights.has(name)).map((tensor) => [huggingFaceName(tensor.name), tensor]),
  );
  checkWeights(path, config, new Map([...byName].map(([name, { shape }]) => [name, shape])));
  const shapes = expectedWeights(config);
  const file = openSync(path, 'r');
  const read = (name: string) => {
    const values = readTensor(path, file, byName.get(name)!);
    const heads = headsOf(name, config);
    return heads ? unpermute(values, heads, config.hidden) : values;
  };
  let open = true;
  const close = () => {
    if (open) closeSync(file);
    open = false;
  };
  return { names: [...shapes.keys()], shape: (name) => shapes.get(name)!, read, close };
}
