import type { Engine, Tensor } from '../contract.js';

/** An engine, and how many bytes its tensors hold. */
export interface CountingEngine {
  readonly engine: Engine;
  /** Most bytes alive at once since the last call of `reset`. */
  readonly peak: () => number;
  readonly alive: () => number;
  readonly reset: () => void;
}

const bytesOf = ({ shape, dtype }: Tensor): number =>
  shape.reduce((product, size) => product * size, 1) * (dtype === 'bf16' ? 2 : 4);

/**
 * Sums the bytes of the tensors alive. A reshaped tensor, a cast that changes nothing and a cut of whole rows lie in the
 * memory of what they were made from, which ends with the last of them. Packed matrices count `panel` rows at a time.
 */
export function countingEngine(inner: Engine, panel: number): CountingEngine {
  const buffers = new Map<number, { readonly bytes: number; holders: number }>();
  let alive = 0;
  let most = 0;
  const hold = (tensor: Tensor, bytes = bytesOf(tensor)) => {
    buffers.set(tensor.id, { bytes, holders: 1 });
    alive += bytes;
    most = Math.max(most, alive);
  };
  const share = (made: Tensor, from: Tensor) => {
    const buffer = buffers.get(from.id);
    if (!buffer) return hold(made);
    buffer.holders++;
    buffers.set(made.id, buffer);
  };
  const holdAll = (result: unknown): void => {
    if (typeof result !== 'object' || result === null || ArrayBuffer.isView(result)) return;
    if ('id' in result) hold(result as Tensor);
    else for (const part of Object.values(result)) holdAll(part);
  };
  const own: Partial<Record<keyof Engine, unknown>> = {
    dispose: (...tensors: readonly (Tensor | undefined)[]) => {
      for (const tensor of tensors) {
        const buffer = tensor && buffers.get(tensor.id);
        if (!tensor || !buffer) continue;
        buffers.delete(tensor.id);
        if (--buffer.holders === 0) alive -= buffer.bytes;
      }
      inner.dispose(...tensors);
    },
    reshape: (x: Tensor, shape: readonly number[]) => {
      const made = inner.reshape(x, shape);
      share(made, x);
      return made;
    },
    cast: (x: Tensor, dtype: Tensor['dtype']) => {
      const made = inner.cast(x, dtype);
      if (x.dtype === dtype) share(made, x);
      else hold(made);
      return made;
    },
    slice: (x: Tensor, begin: readonly number[], size: readonly number[]) => {
      const made = inner.slice(x, begin, size);
      if (size.slice(1).every((length, i) => length === x.shape[i + 1])) share(made, x);
      else hold(made);
      return made;
    },
    pack: (matrix: Tensor) => {
      const packed = inner.pack(matrix);
      const [rows, width] = packed.shape;
      hold(packed.tensor, Math.ceil(rows / panel) * panel * width * (packed.dtype === 'bf16' ? 2 : 4));
      return packed;
    },
    scalar: inner.scalar,
    live: inner.live,
    supports: inner.supports,
    download: inner.download,
  };
  const counted = Object.entries(inner).map(([name, value]) => [
    name,
    own[name as keyof Engine] ??
      (typeof value === 'function'
        ? (...operands: readonly unknown[]) => {
            const result = value(...operands);
            holdAll(result);
            return result;
          }
        : value),
  ]);
  return {
    engine: Object.fromEntries(counted) as Engine,
    peak: () => most,
    alive: () => alive,
    reset: () => {
      most = alive;
    },
  };
}
