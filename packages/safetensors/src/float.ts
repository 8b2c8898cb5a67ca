import type { StoredTensor } from './contract.js';
import { byteLength } from './element.js';
import { errors } from './errors.js';

/** The bytes, moved to an address that a typed array of wider elements accepts. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : bytes.slice();
}

function halves(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength: length } = aligned(bytes, 2);
  return new Uint16Array(buffer, byteOffset, length / 2);
}

function widenBfloat16(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i] << 16;
  return new Float32Array(bits.buffer);
}

/** Exponent and fraction shifted into a float32's fields, then 2¹¹² to mend the bias: exact, subnormals included. */
function widenFloat16(source: Uint16Array): Float32Array {
  const values = new Float32Array(source.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < source.length; i++) {
    const half = source[i];
    bits[i] = (half & 0x7fff) << 13;
    if ((half & 0x7c00) === 0x7c00) bits[i] |= 0x7f800000;
    else values[i] *= 2 ** 112;
    if (half & 0x8000) bits[i] |= 0x80000000;
  }
  return values;
}

/**
 * A stored tensor's numbers as float32: F16 and BF16 widened exactly; F32 as a view of the tensor's own bytes where
 * they are aligned, which those of `TensorFile.read` are.
 *
 * @throws `not-float`
 */
export function toFloat32({ name, elementType, bytes }: StoredTensor): Float32Array {
  if (elementType === 'BF16') return widenBfloat16(halves(bytes));
  if (elementType === 'F16') return widenFloat16(halves(bytes));
  if (elementType !== 'F32')
    throw errors.make('not-float', {
      what: `"${name}" holds ${elementType}`,
      cure: 'Give a tensor of F32, F16 or BF16',
    });
  const { buffer, byteOffset, byteLength: length } = aligned(bytes, 4);
  return new Float32Array(buffer, byteOffset, length / 4);
}

/**
 * Float32 numbers as a tensor to store; shares their memory.
 *
 * @throws `bad-tensor` where product(shape) is not their number
 */
export function fromFloat32(name: string, values: Float32Array, shape: readonly number[]): StoredTensor {
  if (byteLength('F32', shape) !== values.byteLength)
    throw errors.make('bad-tensor', {
      what: `"${name}" has ${values.length} numbers for the shape ${JSON.stringify(shape)}`,
      cure: 'Give product(shape) numbers',
    });
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, elementType: 'F32', shape, bytes };
}
