import fc from 'fast-check';
import { fromFloat32, toFloat32 } from './index.js';

const stored = (elementType: 'F16' | 'BF16' | 'F32' | 'I32', bytes: Uint8Array, width: number) => ({
  name: 'x',
  elementType,
  shape: [bytes.length / width],
  bytes,
});
const halves = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);

test('F16: signed zeros, subnormals, the largest, infinities, NaN', () => {
  const bits = halves(0, 0x8000, 0x0001, 0x83ff, 0x0400, 0x3c00, 0xc100, 0x7bff, 0x7c00, 0xfc00, 0x7e00);
  expect([...toFloat32(stored('F16', bits, 2))]).toEqual([
    0,
    -0,
    2 ** -24,
    -1023 * 2 ** -24,
    2 ** -14,
    1,
    -2.5,
    65504,
    Infinity,
    -Infinity,
    NaN,
  ]);
});

test('F16: every finite bit pattern equals its definition', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const values = toFloat32(stored('F16', new Uint8Array(all.buffer), 2));
  for (let i = 0; i < 65536; i++) {
    const exponent = (i >> 10) & 31;
    if (exponent === 31) continue;
    const magnitude = exponent ? (1024 + (i & 1023)) * 2 ** (exponent - 25) : (i & 1023) * 2 ** -24;
    if (values[i] !== (i & 0x8000 ? -magnitude : magnitude)) throw new Error(`at ${i}: ${values[i]}`);
  }
});

test('BF16 is the upper half of a float32', () => {
  const bits = halves(0x3f80, 0xc000, 0x7f80, 0x0001, 0x8000, 0x7fc0);
  expect([...toFloat32(stored('BF16', bits, 2))]).toEqual([1, -2, Infinity, 2 ** -133, -0, NaN]);
});

test('F32 survives there and back, also from an odd address', () => {
  fc.assert(
    fc.property(fc.float32Array({ maxLength: 9 }), fc.nat(7), (values, shift) => {
      const { bytes } = fromFloat32('x', values, [values.length]);
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      expect(toFloat32(stored('F32', moved, 4))).toEqual(values);
    }),
  );
  expect(toFloat32(stored('BF16', new Uint8Array([0, 0x80, 0x3f]).subarray(1), 2))).toEqual(Float32Array.of(1));
});

test('integers and wrong shapes are refused', () => {
  expect(() => toFloat32(stored('I32', new Uint8Array(4), 4))).toThrow(
    expect.objectContaining({ code: 'safetensors/not-float' }),
  );
  expect(() => fromFloat32('x', new Float32Array(3), [2])).toThrow(
    expect.objectContaining({ code: 'safetensors/bad-tensor' }),
  );
});
