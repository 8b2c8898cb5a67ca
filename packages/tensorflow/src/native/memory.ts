import type { DType, Engine, Tensor } from '../contract.js';
import { errors } from '../errors.js';
import type { TensorFlowBinding } from '../native-binding.js';
import { requireSize } from '../shapes.js';
import { CODE, type Operations, UINT8 } from './operations.js';

/** Values in and out, casts, constants. */
export function memory(
  ops: Operations,
  binding: TensorFlowBinding,
): Pick<Engine, 'live' | 'supports' | 'upload' | 'download' | 'dispose' | 'scalar' | 'cast'> {
  const scalars = new Map<string, Tensor>();

  const cast = (x: Tensor, dtype: DType): Tensor =>
    x.dtype === dtype
      ? ops.run('Identity', [ops.type('T', dtype)], [x], x.shape, dtype)
      : ops.run(
          'Cast',
          [ops.type('SrcT', x.dtype), ops.type('DstT', dtype), ops.flag('Truncate', false)],
          [x],
          x.shape,
          dtype,
        );

  /** TensorFlow may share the array's memory, hence the copy. */
  const create = (values: Float32Array | Int32Array, shape: readonly number[], dtype: DType): number =>
    binding.createTensor(shape, CODE[dtype], values.slice());

  return {
    live: ops.live,
    supports: () => true,
    upload: (values, shape) => {
      requireSize(values.length, shape);
      if (values instanceof Float32Array) return ops.adopt(create(values, shape, 'f32'), shape, 'f32');
      if (values instanceof Int32Array) return ops.adopt(create(values, shape, 'i32'), shape, 'i32');
      if (!(values instanceof Uint16Array))
        throw errors.make('unsupported-dtype', {
          what: `upload got a ${Object.prototype.toString.call(values).slice(8, -1)}`,
          cure: 'Give a Float32Array, an Int32Array or a Uint16Array of bf16 bits',
        });
      // The binding takes no 16-bit arrays: bytes go in, and a bitcast of the last axis [2] makes bf16 of them.
      const bytes = binding.createTensor([...shape, 2], UINT8, new Uint8Array(values.slice().buffer));
      const from = { name: 'T', type: binding.TF_ATTR_TYPE, value: UINT8 };
      try {
        const [{ id }] = binding.executeOp('Bitcast', [from, ops.type('type', 'bf16')], [bytes], 1);
        return ops.adopt(id, shape, 'bf16');
      } finally {
        binding.deleteTensor(bytes);
      }
    },
    download: (x) => {
      if (x.dtype !== 'bf16') return binding.tensorDataSync(x.id);
      const wide = cast(x, 'f32');
      try {
        return binding.tensorDataSync(wide.id);
      } finally {
        ops.dispose(wide);
      }
    },
    dispose: ops.dispose,
    scalar: (value, dtype = 'f32') => {
      const key = `${Object.is(value, -0) ? '-0' : value}:${dtype}`;
      const kept = scalars.get(key);
      if (kept) return kept;
      const array = dtype === 'i32' ? Int32Array.of(value) : Float32Array.of(value);
      const plain: Tensor = {
        id: create(array, [], dtype === 'i32' ? 'i32' : 'f32'),
        shape: [],
        dtype: dtype === 'i32' ? 'i32' : 'f32',
      };
      const scalar = dtype === 'bf16' ? narrow(plain) : plain;
      scalars.set(key, scalar);
      return scalar;
    },
    cast,
  };

  /** The cached scalar in bf16, not counted among the living. */
  function narrow(plain: Tensor): Tensor {
    const attributes = [ops.type('SrcT', 'f32'), ops.type('DstT', 'bf16'), ops.flag('Truncate', false)];
    const [{ id }] = binding.executeOp('Cast', attributes, [plain.id], 1);
    binding.deleteTensor(plain.id);
    return { id, shape: [], dtype: 'bf16' };
  }
}
