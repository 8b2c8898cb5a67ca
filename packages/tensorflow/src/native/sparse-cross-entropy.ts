import type { Engine } from '../contract.js';
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
    const [losses, unweighted] = ops.runMany(
      'SparseSoftmaxCrossEntropyWithLogits',
      [ops.type('T', 'f32'), ops.type('Tlabels', 'i32')],
      [wide, labels],
      [
        { shape: labels.shape, dtype: 'f32' },
        { shape: logits.shape, dtype: 'f32' },
      ],
    );
    const column = weights && e.reshape(weights, [...weights.shape, 1]);
    const weighted = column ? e.mul(unweighted, column) : unweighted;
    const gradient = e.cast(weighted, logits.dtype);
    e.dispose(wide, unweighted, column, weights && weighted);
    return { losses, gradient };
  };
}
