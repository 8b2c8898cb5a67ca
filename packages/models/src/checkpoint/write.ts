import { join } from 'node:path';
import { fromFloat32, writeTensors, writeWhole } from '@perfit/safetensors';
import { toHuggingFaceConfig } from '../config/hugging-face.js';
import type { ModelConfig, WeightSource } from '../contract.js';

/** A tokenizer's files by name (`tokenizer.json`, `tokenizer_config.json`, `chat_template.jinja`, …), each its text. */
export type TokenizerFiles = Readonly<Record<string, string>>;

/**
 * Writes a model as a Hugging Face directory: config.json, model.safetensors in F32, and the tokenizer's files, each
 * whole or not at all. {@link openCheckpoint} and transformers read it.
 */
export function writeCheckpoint(
  directory: string,
  config: ModelConfig,
  weights: WeightSource,
  tokenizerFiles: TokenizerFiles,
): void {
  for (const [name, text] of Object.entries(tokenizerFiles)) writeWhole(join(directory, name), text);
  writeTensors(
    join(directory, 'model.safetensors'),
    weights.names.map((name) => fromFloat32(name, weights.read(name), weights.shape(name))),
    { format: 'pt' },
  );
  writeWhole(join(directory, 'config.json'), `${JSON.stringify(toHuggingFaceConfig(config), null, 2)}\n`);
}
