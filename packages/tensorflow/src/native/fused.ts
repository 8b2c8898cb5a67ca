import type { Fused } from '../composed.js';
import type { AttentionSizes, DType, Engine, Tensor } from '../contract.js';
import { attentionShape, requireEqual, requireSameDtype } from '../shapes.js';
import type { Operations } from './operations.js';

/** The fused operations on the kernels of `native/kernels`, which exist on the CPU. */
export function fused(ops: Operations, upload: Engine['upload']): Fused & Pick<Engine, 'crossEntropy'> {
  let nothing: Tensor | undefined;
  const none = (): Tensor => {
    nothing ??= ops.retain(upload(new Float32Array(0), [0]));
    return nothing;
  };
  const attributes = (dtype: DType, { rows, heads, keyValueHeads }: AttentionSizes) => [
    ops.type('T', dtype),
    ops.integer('rows', rows),
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
      const { length, headSize } = attentionShape(qkv, rotation, sizes);
      const [z, logSumExp] = ops.runMany(
        'PerfitAttention',
        attributes(qkv.dtype, sizes),
        [qkv, rotation.cos, rotation.sin],
        [
          { shape: [qkv.shape[0], sizes.heads * headSize], dtype: qkv.dtype },
          { shape: [sizes.rows, sizes.heads, length], dtype: 'f32' },
        ],
      );
      return { z, logSumExp };
    },
    attentionBackward: ({ qkv, rotation, z, logSumExp }, dz, sizes) => {
      const { length, headSize } = attentionShape(qkv, rotation, sizes);
      requireEqual('attentionBackward', z.shape, [qkv.shape[0], sizes.heads * headSize]);
      requireEqual('attentionBackward', dz.shape, z.shape);
      requireEqual('attentionBackward', logSumExp.shape, [sizes.rows, sizes.heads, length]);
      requireSameDtype('attentionBackward', [qkv, z, dz]);
      return ops.run(
        'PerfitAttentionGrad',
        attributes(qkv.dtype, sizes),
        [qkv, rotation.cos, rotation.sin, z, logSumExp, dz],
        qkv.shape,
        qkv.dtype,
      );
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
