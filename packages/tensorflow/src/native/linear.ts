import type { Engine, LowRankTerm, Tensor } from '../contract.js';
import type { FrozenProducts } from '../primitives.js';
import { requireLinear, requireMatrix } from '../shapes.js';
import type { Operations } from './operations.js';

/** Products with a frozen matrix on the kernels of `native/kernels/linear.cc`, which exist on the CPU. */
export function linear(ops: Operations, upload: Engine['upload']): FrozenProducts {
  let nothing: Tensor | undefined;
  const operands = (term: LowRankTerm | undefined): readonly [Tensor, Tensor] => {
    if (term) return [term.left, term.right];
    nothing ??= ops.retain(upload(new Float32Array(0), [0, 0]));
    return [nothing, nothing];
  };
  return {
    pack: (matrix) => {
      const shape = requireMatrix('pack', matrix);
      const { dtype } = matrix;
      return { tensor: ops.run('PerfitPack', [ops.type('T', dtype)], [matrix], shape, dtype), shape, dtype };
    },
    packedRows: ({ tensor, shape: [rows, columns], dtype }, indices) =>
      ops.run(
        'PerfitRowsOf',
        [ops.type('T', dtype), ops.integer('rows', rows)],
        [tensor, indices],
        [indices.shape[0], columns],
        dtype,
      ),
    linear: (x, matrix, term) => {
      requireLinear('linear', x, matrix, term, { inner: 1 });
      const { tensor, shape, dtype } = matrix;
      return ops.run(
        'PerfitLinear',
        [ops.type('T', dtype), ops.integer('rows', shape[0])],
        [x, tensor, ...operands(term)],
        [x.shape[0], shape[0]],
        dtype,
      );
    },
    linearBackward: (dy, matrix, term) => {
      requireLinear('linearBackward', dy, matrix, term, { inner: 0 });
      const { tensor, shape, dtype } = matrix;
      return ops.run(
        'PerfitLinearGrad',
        [ops.type('T', dtype)],
        [dy, tensor, ...operands(term)],
        [dy.shape[0], shape[1]],
        dtype,
      );
    },
  };
}
