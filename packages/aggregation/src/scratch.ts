import { simdKernel } from './simd-kernel.js';

/** Bytes that are looked at at a time: they stay in the processor's cache. */
const PART = 65_536;

/** A kernel of fixed size through which arrays are looked at; nothing stays in it from call to call. */
let scratch: ReturnType<typeof make> | undefined;

function make() {
  const { kernel, at } = simdKernel([PART, PART])!;
  const { buffer } = kernel.memory;
  return {
    kernel,
    at,
    bytes: at.map((from) => new Uint8Array(buffer, from, PART)),
    floats: new Float32Array(buffer, at[0], PART / 4),
  };
}

/** Whether all values are finite. */
export function allFinite(values: Float32Array): boolean {
  scratch ??= make();
  const { kernel, at, floats } = scratch;
  for (let from = 0; from < values.length; from += floats.length) {
    const part = values.subarray(from, from + floats.length);
    floats.set(part);
    floats.fill(0, part.length, part.length + 4);
    if (kernel.allFinite(at[0], part.length) !== 1) return false;
  }
  return true;
}

/** Ones of a mask and of another of the same length, and whether those of the first are all among those of the other. */
export function countOnes(
  mask: Uint8Array,
  other: Uint8Array,
): { readonly ones: number; readonly others: number; readonly inside: boolean } {
  scratch ??= make();
  const { kernel, at, bytes } = scratch;
  let [ones, others, inside] = [0, 0, true];
  for (let from = 0; from < mask.length; from += PART) {
    const length = Math.min(PART, mask.length - from);
    for (const [i, bits] of [mask, other].entries()) {
      bytes[i].set(bits.subarray(from, from + length));
      bytes[i].fill(0, length, length + 8);
    }
    const words = Math.ceil(length / 8) * 2;
    ones += kernel.ones(at[0], words);
    others += kernel.ones(at[1], words);
    inside &&= kernel.inside(at[0], at[1], words) === 1;
  }
  return { ones, others, inside };
}
