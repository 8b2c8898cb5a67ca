import { binary } from './masked-sum-binary.js';

/** Part of the global that types of browsers bring. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

/** One instance of `kernel/masked-sum.ts`; pointers are bytes in its memory. */
export interface SimdKernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow: (pages: number) => number };
  readonly addValues: (sum: number, bits: number, words: number, values: number, n: number) => number;
  readonly addCounts: (counts: number, bits: number, words: number, n: number) => void;
  /** 1 or 0. */
  readonly allFinite: (values: number, count: number) => number;
  readonly ones: (bits: number, words: number) => number;
  /** 1 or 0. */
  readonly inside: (mask: number, other: number, words: number) => number;
}

/** Positions from which a kernel's memory pays. */
export const LARGE = 16_384;

const TABLE = 1024;
const PAGE = 65_536;
/** The largest memory of WebAssembly's 32-bit addresses. */
const LARGEST = 65_536 * PAGE;
let compiled: object | undefined;

/**
 * A kernel with room for arrays of these lengths in bytes, each at a multiple of 64: what they hold is 0 at first. Its
 * memory goes with it. `undefined` where the arrays are larger than a kernel's memory may be.
 */
export function simdKernel<const N extends readonly number[]>(
  lengths: N,
): { readonly kernel: SimdKernel; readonly at: { readonly [I in keyof N]: number } } | undefined {
  let end = TABLE;
  const at = lengths.map((length) => {
    const from = end;
    end += Math.ceil(length / 64) * 64;
    return from;
  }) as { [I in keyof N]: number };
  if (end > LARGEST) return undefined;
  compiled ??= new WebAssembly.Module(Buffer.from(binary, 'base64'));
  const kernel = new WebAssembly.Instance(compiled).exports as SimdKernel;
  kernel.memory.grow(Math.ceil(end / PAGE) - 1);
  return { kernel, at };
}
