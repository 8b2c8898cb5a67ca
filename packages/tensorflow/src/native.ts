import { composedFused } from './composed.js';
import { composedLinear } from './composed-linear.js';
import type { Engine, EngineDescription } from './contract.js';
import { elementwise } from './native/elementwise.js';
import { fused } from './native/fused.js';
import { linear } from './native/linear.js';
import { memory } from './native/memory.js';
import { operations } from './native/operations.js';
import { products } from './native/products.js';
import { reductions } from './native/reductions.js';
import { shape } from './native/shape.js';
import { sparseCrossEntropy } from './native/sparse-cross-entropy.js';
import type { TensorFlowBinding } from './native-binding.js';

/**
 * The engine on TensorFlow itself: every operation is one call of TensorFlow's eager API on raw tensor ids.
 * tfjs is not involved, so neither its tape nor its missing bf16 are.
 * The fused operations are kernels of ours, which run on the CPU only.
 */
export function nativeEngine(binding: TensorFlowBinding, description: EngineDescription): Engine {
  const ops = operations(binding);
  const primitives = {
    description,
    ...memory(ops, binding),
    ...shape(ops),
    ...products(ops),
    ...elementwise(ops),
    ...reductions(ops),
  };
  if (!binding.isUsingGpuDevice()) {
    const { upload } = primitives;
    return { ...primitives, ...fused(ops, upload), ...linear(ops, upload) };
  }
  const whole = { ...primitives, crossEntropy: sparseCrossEntropy(ops, primitives) };
  return { ...whole, ...composedFused(whole), ...composedLinear(whole) };
}
