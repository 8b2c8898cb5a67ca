import type { Engine, Tensor } from '../contract.js';
import { axisOf, reducedShape, requireEqual, withExtent } from '../shapes.js';
import type { Operations } from './operations.js';

/** Sums and softmax. */
export function reductions(ops: Operations): Pick<Engine, 'sum' | 'mean' | 'softmax' | 'segmentSum'> {
  const reduction =
    (name: string) =>
    (x: Tensor, axis: number, keepDims = false) => {
      const along = axisOf(name, axis, x.shape.length);
      return ops.run(
        name,
        [ops.flag('keep_dims', keepDims), ops.type('T', x.dtype), ops.type('Tidx', 'i32')],
        [x, ops.indices([along])],
        reducedShape(x.shape, along, keepDims),
        x.dtype,
      );
    };
  return {
    sum: reduction('Sum'),
    mean: reduction('Mean'),
    softmax: (x) => ops.run('Softmax', [ops.type('T', x.dtype)], [x], x.shape, x.dtype),
    segmentSum: (values, segments, count) => {
      requireEqual('segmentSum', segments.shape, values.shape.slice(0, 1));
      return ops.run(
        'UnsortedSegmentSum',
        [ops.type('T', values.dtype), ops.type('Tindices', 'i32'), ops.type('Tnumsegments', 'i32')],
        [values, segments, ops.indices([count], [])],
        withExtent(values.shape, 0, count),
        values.dtype,
      );
    },
  };
}
