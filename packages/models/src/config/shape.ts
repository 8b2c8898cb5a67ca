import type { ModelConfig } from '../contract.js';
import { errors } from '../errors.js';

/** Returns a configuration whose sizes go together. */
export function checkShape(config: ModelConfig): ModelConfig {
  const { heads, keyValueHeads, headSize } = config;
  if (heads % keyValueHeads !== 0)
    throw errors.make('bad-config', {
      what: `${heads} attention heads cannot share ${keyValueHeads} key-value heads evenly`,
      cure: 'The number of heads must be a multiple of the number of key-value heads',
    });
  if (headSize < 2 || headSize % 2 !== 0)
    throw errors.make('bad-config', {
      what: `a head is ${headSize} wide`,
      cure: 'RoPE turns pairs: the width of a head must be even',
    });
  return config;
}
