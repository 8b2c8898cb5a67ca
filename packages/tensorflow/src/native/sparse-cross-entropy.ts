import type { Engine, Tensor } from '../contract.js';
import { requireEqual } from '../shapes.js';
import type { Operations } from './operations.js';

/** Cross-entropy by TensorFlow's own operation, in f32: for devices that our kernel does not run on. */
export function sparseCrossEntropy(
  ops: Operations,
  e: Pick<Engine, 'cast' | 'mul' | 'reshape' | 'dispose'>,
): Engine['crossEntropy'] {
  return (logits, labels, weights) => {
    requireEqual('crossEntropy', labels.shape, logits.shape.slice(0, 1));
    if (weights) requireEqual('crossEntropy (weights)', weights.shape, labels.shape);
    const wide = e.cast(logits, 'f32');
    let column: Tensor | undefined;
    let unweighted: Tensor | undefined;
    let weighted: Tensor | undefined;
    try {
      const [losses, gradient] = ops.runMany(
        'SparseSoftmaxCrossEntropyWithLogits',
        [ops.type('T', 'f32'), ops.type('Tlabels', 'i32')],
        [wide, labels],
        [
          { shape: labels.shape, dtype: 'f32' },
          { shape: logits.shape, dtype: 'f32' },
        ],
      );
      unweighted = gradient;
      column = weights && e.reshape(weights, [...weights.shape, 1]);
      weighted = column && e.mul(unweighted, column);
      return { losses, gradient: e.cast(weighted ?? unweighted, logits.dtype) };
    } finally {
      e.dispose(wide, column, unweighted, weighted);
    }
  };
}
