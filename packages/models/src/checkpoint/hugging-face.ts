import { parseHuggingFaceConfig } from '../config/hugging-face.js';
import type { Checkpoint } from '../contract.js';
import { huggingFaceTokenizer } from '../tokenizer/hugging-face.js';
import { digestFiles } from './digest.js';
import { readJson, readOptional } from './model-file.js';
import { openSafetensors, weightFiles } from './safetensors.js';

/** Opens a directory as Hugging Face lays it out. */
export function openHuggingFace(directory: string): Checkpoint {
  const config = parseHuggingFaceConfig(readJson(directory, 'config.json'));
  const tokenizer = huggingFaceTokenizer({
    tokenizer: readJson(directory, 'tokenizer.json'),
    config: readJson(directory, 'tokenizer_config.json'),
    chatTemplate: readOptional(directory, 'chat_template.jinja'),
  });
  const files = weightFiles(directory);
  const weights = openSafetensors(files, config);
  let sha256: string | undefined;
  return {
    path: directory,
    get sha256() {
      sha256 ??= digestFiles(files);
      return sha256;
    },
    config,
    tokenizer,
    weights,
  };
}
