import type { Engine, Tensor } from '../contract.js';
import {
  axisOf,
  concatShape,
  requireEqual,
  requirePermutation,
  requireSameDtype,
  requireSize,
  requireWithin,
  sizeOf,
  splitShapes,
  withExtent,
} from '../shapes.js';
import type { Operations } from './operations.js';

/** Views, permutations, and moving rows. */
export function shape(
  ops: Operations,
): Pick<Engine, 'reshape' | 'transpose' | 'concat' | 'split' | 'slice' | 'pad' | 'gather' | 'scatterAdd'> {
  const same = (x: Tensor): Tensor => ops.run('Identity', [ops.type('T', x.dtype)], [x], x.shape, x.dtype);

  const reshape = (x: Tensor, to: readonly number[]): Tensor => {
    requireSize(sizeOf(x.shape), to);
    return ops.run('Reshape', [ops.type('T', x.dtype), ops.type('Tshape', 'i32')], [x, ops.indices(to)], to, x.dtype);
  };

  return {
    reshape,
    transpose: (x, permutation) => {
      requirePermutation(permutation, x.shape.length);
      return ops.run(
        'Transpose',
        [ops.type('T', x.dtype), ops.type('Tperm', 'i32')],
        [x, ops.indices(permutation)],
        permutation.map((axis) => x.shape[axis]),
        x.dtype,
      );
    },
    concat: (xs, axis) => {
      const along = axisOf('concat', axis, xs[0]?.shape.length ?? 1);
      const to = concatShape(
        xs.map((x) => x.shape),
        along,
      );
      requireSameDtype('concat', xs);
      if (xs.length === 1) return same(xs[0]);
      return ops.run(
        'ConcatV2',
        [ops.integer('N', xs.length), ops.type('T', xs[0].dtype), ops.type('Tidx', 'i32')],
        [...xs, ops.indices([along], [])],
        to,
        xs[0].dtype,
      );
    },
    split: (x, sizes, axis) => {
      const along = axisOf('split', axis, x.shape.length);
      const shapes = splitShapes(x.shape, sizes, along);
      if (sizes.length === 1) return [same(x)];
      return ops.runMany(
        'SplitV',
        [ops.integer('num_split', sizes.length), ops.type('T', x.dtype), ops.type('Tlen', 'i32')],
        [x, ops.indices(sizes), ops.indices([along], [])],
        shapes.map((part) => ({ shape: part, dtype: x.dtype })),
      );
    },
    slice: (x, begin, size) => {
      requireWithin(x.shape, begin, size);
      return ops.run(
        'Slice',
        [ops.type('T', x.dtype), ops.type('Index', 'i32')],
        [x, ops.indices(begin), ops.indices(size)],
        size,
        x.dtype,
      );
    },
    pad: (x, paddings) => {
      requireEqual('pad', [paddings.length], [x.shape.length]);
      return ops.run(
        'Pad',
        [ops.type('T', x.dtype), ops.type('Tpaddings', 'i32')],
        [x, ops.indices(paddings.flat(), [paddings.length, 2])],
        x.shape.map((extent, axis) => paddings[axis][0] + extent + paddings[axis][1]),
        x.dtype,
      );
    },
    gather: (x, indices) =>
      ops.run(
        'GatherV2',
        [
          ops.type('Tparams', x.dtype),
          ops.type('Tindices', 'i32'),
          ops.type('Taxis', 'i32'),
          ops.integer('batch_dims', 0),
        ],
        [x, indices, ops.indices([0], [])],
        withExtent(x.shape, 0, indices.shape[0]),
        x.dtype,
      ),
    scatterAdd: (indices, rows, count) => {
      requireEqual('scatterAdd', indices.shape, rows.shape.slice(0, 1));
      const to = withExtent(rows.shape, 0, count);
      const column = reshape(indices, [indices.shape[0], 1]);
      try {
        return ops.run(
          'ScatterNd',
          [ops.type('T', rows.dtype), ops.type('Tindices', 'i32')],
          [column, rows, ops.indices(to)],
          to,
          rows.dtype,
        );
      } finally {
        ops.dispose(column);
      }
    },
  };
}
