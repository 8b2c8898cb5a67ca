import type { Engine, EngineDescription } from './contract.js';
import { elementwise } from './native/elementwise.js';
import { memory } from './native/memory.js';
import { operations } from './native/operations.js';
import { products } from './native/products.js';
import { reductions } from './native/reductions.js';
import { shape } from './native/shape.js';
import type { TensorFlowBinding } from './native-binding.js';

/**
 * The engine on TensorFlow itself: every operation is one call of TensorFlow's eager API on raw tensor ids.
 * tfjs is not involved, so neither its tape nor its missing bf16 are.
 */
export function nativeEngine(binding: TensorFlowBinding, description: EngineDescription): Engine {
  const ops = operations(binding);
  return {
    description,
    ...memory(ops, binding),
    ...shape(ops),
    ...products(ops),
    ...elementwise(ops),
    ...reductions(ops),
  };
}
