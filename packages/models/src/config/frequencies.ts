import type { RopeConfig } from '../contract.js';

type Llama3 = Extract<RopeConfig['scaling'], { type: 'llama3' }>;

/**
 * By what Llama 3 divides a frequency: 1 where its wavelength fits into the original context many times, `factor`
 * where it hardly does, and between the two a blend that is linear in the number of turns.
 * Source: transformers' `_compute_llama3_parameters`.
 */
function llama3Divisor(frequency: number, scaling: Llama3): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling;
  const turns = (scaling.originalContext * frequency) / (2 * Math.PI);
  if (turns < low) return factor;
  if (turns > high) return 1;
  const blend = (turns - low) / (high - low);
  return 1 / ((1 - blend) / factor + blend);
}

/** Inverse frequencies of RoPE, radians per position, `[headSize / 2]`: θ^(−2i / headSize), scaled. */
export function inverseFrequencies({ theta, scaling }: RopeConfig, headSize: number): Float64Array {
  return Float64Array.from({ length: headSize / 2 }, (_, i) => {
    const frequency = theta ** ((-2 * i) / headSize);
    if (scaling.type === 'linear') return frequency / scaling.factor;
    return scaling.type === 'llama3' ? frequency / llama3Divisor(frequency, scaling) : frequency;
  });
}
