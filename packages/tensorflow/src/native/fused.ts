import type { AttentionSizes, DType, Engine, Tensor } from '../contract.js';
import type { Fused } from '../primitives.js';
import {
  attentionShape,
  requireEqual,
  requireLowRank,
  requireLowRankGradients,
  requireSameDtype,
  requireSegments,
} from '../shapes.js';
import type { Operations } from './operations.js';

/** The fused operations on the kernels of `native/kernels`, which exist on the CPU. */
export function fused(ops: Operations, upload: Engine['upload']): Fused & Pick<Engine, 'crossEntropy'> {
  let nothing: Tensor | undefined;
  const none = (): Tensor => {
    nothing ??= ops.retain(upload(new Float32Array(0), [0]));
    return nothing;
  };
  const withStarts = <Result>(starts: Int32Array, body: (starts: Tensor) => Result): Result => {
    const uploaded = upload(starts, [starts.length]);
    try {
      return body(uploaded);
    } finally {
      ops.dispose(uploaded);
    }
  };
  const attributes = (dtype: DType, { heads, keyValueHeads }: AttentionSizes) => [
    ops.type('T', dtype),
    ops.integer('heads', heads),
    ops.integer('shared', keyValueHeads),
  ];
  return {
    rmsNorm: (x, weight, epsilon, dtype = 'f32') => {
      requireEqual('rmsNorm', [x.shape.length, ...weight.shape], [2, x.shape[1]]);
      requireSameDtype('rmsNorm', [x, weight]);
      const [y, inverse] = ops.runMany(
        'PerfitRmsNorm',
        [ops.type('T', dtype), ops.float('epsilon', epsilon)],
        [x, weight],
        [
          { shape: x.shape, dtype },
          { shape: [x.shape[0], 1], dtype: 'f32' },
        ],
      );
      return { y, inverse };
    },
    rmsNormBackward: ({ x, inverse, weight }, dy, residual) => {
      requireEqual('rmsNormBackward', dy.shape, x.shape);
      if (residual) requireEqual('rmsNormBackward (residual)', residual.shape, x.shape);
      return ops.run(
        'PerfitRmsNormGrad',
        [ops.type('T', dy.dtype)],
        [x, inverse, weight, dy, residual ?? none()],
        x.shape,
        'f32',
      );
    },
    swiglu: (gate, up) => {
      requireEqual('swiglu', gate.shape, up.shape);
      requireSameDtype('swiglu', [gate, up]);
      return ops.run('PerfitSwiglu', [ops.type('T', gate.dtype)], [gate, up], gate.shape, gate.dtype);
    },
    swigluBackward: (gate, up, dy) => {
      for (const { shape } of [up, dy]) requireEqual('swigluBackward', gate.shape, shape);
      requireSameDtype('swigluBackward', [gate, up, dy]);
      const [dGate, dUp] = ops.runMany('PerfitSwigluGrad', [ops.type('T', gate.dtype)], [gate, up, dy], [gate, gate]);
      return { dGate, dUp };
    },
    attention: (qkv, rotation, sizes) => {
      const { headSize } = attentionShape(qkv, rotation, sizes);
      const [z, logSumExp] = withStarts(sizes.starts, (starts) =>
        ops.runMany(
          'PerfitAttention',
          attributes(qkv.dtype, sizes),
          [qkv, rotation.cos, rotation.sin, starts],
          [
            { shape: [qkv.shape[0], sizes.heads * headSize], dtype: qkv.dtype },
            { shape: [sizes.heads, qkv.shape[0]], dtype: 'f32' },
          ],
        ),
      );
      return { z, logSumExp };
    },
    attentionBackward: ({ qkv, rotation, z, logSumExp }, dz, sizes) => {
      const { headSize } = attentionShape(qkv, rotation, sizes);
      requireEqual('attentionBackward', z.shape, [qkv.shape[0], sizes.heads * headSize]);
      requireEqual('attentionBackward', dz.shape, z.shape);
      requireEqual('attentionBackward', logSumExp.shape, [sizes.heads, qkv.shape[0]]);
      requireSameDtype('attentionBackward', [qkv, z, dz]);
      return withStarts(sizes.starts, (starts) =>
        ops.run(
          'PerfitAttentionGrad',
          attributes(qkv.dtype, sizes),
          [qkv, rotation.cos, rotation.sin, starts, z, logSumExp, dz],
          qkv.shape,
          qkv.dtype,
        ),
      );
    },
    lowRankInput: (x, A) => {
      requireLowRank(x, A);
      return ops.run('PerfitLowRank', [ops.type('T', x.dtype)], [x, A], [x.shape[0], A.shape[0]], 'f32');
    },
    lowRankGradients: (of, dy) => {
      requireLowRankGradients(of, dy);
      const { x, A, B } = of;
      const [t, dA, dB] = ops.runMany(
        'PerfitLowRankGrad',
        [ops.type('T', x.dtype)],
        [x, dy, A, B],
        [{ shape: [x.shape[0], A.shape[0]], dtype: 'f32' }, A, B],
      );
      return { t, dA, dB };
    },
    segmentProducts: (x, y, starts, scales) => {
      requireSegments(x, y, starts, scales);
      const shape = [x.shape[1], y.shape[1]];
      const [sum, squares] = withStarts(starts, (at) =>
        ops.runMany(
          'PerfitSegmentProducts',
          [ops.type('T', x.dtype)],
          [x, y, at, scales ?? none()],
          [
            { shape, dtype: x.dtype },
            { shape, dtype: x.dtype },
          ],
        ),
      );
      return { sum, squares };
    },
    crossEntropy: (logits, labels, weights) => {
      requireEqual('crossEntropy', labels.shape, logits.shape.slice(0, 1));
      if (weights) requireEqual('crossEntropy (weights)', weights.shape, labels.shape);
      const [losses, gradient] = ops.runMany(
        'PerfitCrossEntropy',
        [ops.type('T', logits.dtype)],
        [logits, labels, weights ?? none()],
        [
          { shape: labels.shape, dtype: 'f32' },
          { shape: logits.shape, dtype: logits.dtype },
        ],
      );
      return { losses, gradient };
    },
  };
}
