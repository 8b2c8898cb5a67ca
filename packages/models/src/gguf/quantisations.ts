import { GGMLQuantizationType } from '@huggingface/gguf';
import { errors } from '../errors.js';
import type { Quantisation } from './quantisation.js';
import { bf16 } from './quantisations/bf16.js';
import { f16 } from './quantisations/f16.js';
import { f32 } from './quantisations/f32.js';
import { q4_0 } from './quantisations/q4-0.js';
import { q4_1 } from './quantisations/q4-1.js';
import { q4_k } from './quantisations/q4-k.js';
import { q5_0 } from './quantisations/q5-0.js';
import { q5_1 } from './quantisations/q5-1.js';
import { q5_k } from './quantisations/q5-k.js';
import { q6_k } from './quantisations/q6-k.js';
import { q8_0 } from './quantisations/q8-0.js';

/** Every format that is read. */
export const quantisations: readonly Quantisation[] = [f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q4_k, q5_k, q6_k];

/**
 * The format of a tensor by ggml's code.
 *
 * @throws `unsupported-quantisation`
 */
export function quantisationOf(tensor: string, code: number): Quantisation {
  const found = quantisations.find((quantisation) => quantisation.code === code);
  if (found) return found;
  throw errors.make('unsupported-quantisation', {
    what: `${tensor} is stored as ${GGMLQuantizationType[code] ?? `type ${code}`}`,
    cure: `Take a file in one of: ${quantisations.map(({ name }) => name).join(', ')}`,
  });
}
