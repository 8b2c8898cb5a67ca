import type { Engine } from '../contract.js';
import { productShape, requireEqual, requireSameDtype } from '../shapes.js';
import type { Operations } from './operations.js';

/** Matrix products. */
export function products(ops: Operations): Pick<Engine, 'matmul' | 'batchMatmul'> {
  return {
    matmul: (a, b, options = {}) => {
      requireEqual('matmul (number of axes)', [a.shape.length, b.shape.length], [2, 2]);
      requireSameDtype('matmul', [a, b]);
      return ops.run(
        'MatMul',
        [
          ops.flag('transpose_a', options.transposeA ?? false),
          ops.flag('transpose_b', options.transposeB ?? false),
          ops.type('T', a.dtype),
        ],
        [a, b],
        productShape('matmul', a.shape, b.shape, options),
        a.dtype,
      );
    },
    batchMatmul: (a, b, options = {}) => {
      requireSameDtype('batchMatmul', [a, b]);
      return ops.run(
        'BatchMatMulV2',
        [
          ops.flag('adj_x', options.transposeA ?? false),
          ops.flag('adj_y', options.transposeB ?? false),
          ops.type('T', a.dtype),
        ],
        [a, b],
        productShape('batchMatmul', a.shape, b.shape, options),
        a.dtype,
      );
    },
  };
}
