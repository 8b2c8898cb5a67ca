import type { Random } from '@perfit/strategy';
import type { ModelConfig, WeightSource } from '../contract.js';
import { expectedWeights } from './expected-weights.js';

const DEVIATION = 0.02;

/** Standard normal draws, two from each pair of uniform ones (Box & Muller 1958). */
function fillNormal(values: Float32Array, deviation: number, random: Random): Float32Array {
  for (let i = 0; i < values.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/**
 * Weights to train from scratch: norms 1, matrices normal with deviation 0.02, those that write into the residual
 * stream (o_proj, down_proj) by 1/√(2 · layers) smaller, so that its variance does not grow with depth
 * (GPT-2, Radford et al. 2019). The draws are fixed by `random`, in the order of the names.
 */
export function initialWeights(config: ModelConfig, random: Random): WeightSource {
  const shapes = expectedWeights(config);
  const values = new Map<string, Float32Array>();
  for (const [name, shape] of shapes) {
    const array = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const residual = /(o_proj|down_proj)\.weight$/.test(name) ? 1 / Math.sqrt(2 * config.layers) : 1;
    values.set(name, shape.length === 1 ? array.fill(1) : fillNormal(array, DEVIATION * residual, random));
  }
  return {
    names: [...shapes.keys()],
    shape: (name) => shapes.get(name)!,
    read: (name) => values.get(name)!,
    close: () => {},
  };
}
