/** A dense array in plain JavaScript: what the engines are compared with. */
export interface Dense {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);

/** Builds an array by index. */
export function build(shape: readonly number[], at: (...index: number[]) => number): Dense {
  const values = Array.from({ length: sizeOf(shape) }, (_, flat) => at(...unravel(flat, shape)));
  return { shape, values };
}

/** The value at an index; extents of 1 broadcast, missing leading axes too. */
export function at({ shape, values }: Dense, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return values[shape.reduce((flat, extent, axis) => flat * extent + (extent === 1 ? 0 : own[axis]), 0)];
}

/** Values that are the same on every run, in (−scale, scale): a multiplicative congruential sequence. */
export function sample(shape: readonly number[], seed: number, scale = 2): Dense {
  let state = seed * 48271 + 11;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  next();
  return { shape, values: Array.from({ length: sizeOf(shape) }, () => Math.fround(scale * (2 * next() - 1))) };
}

/** NumPy's broadcast of a binary function. */
export function zip(a: Dense, b: Dense, of: (x: number, y: number) => number): Dense {
  const rank = Math.max(a.shape.length, b.shape.length);
  const extent = (shape: readonly number[], axis: number) => shape[axis - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) =>
    extent(a.shape, axis) === 1 ? extent(b.shape, axis) : extent(a.shape, axis),
  );
  return build(shape, (...index) => Math.fround(of(at(a, index), at(b, index))));
}

/** Permutes axes. */
export function permute(x: Dense, permutation: readonly number[]): Dense {
  return build(
    permutation.map((axis) => x.shape[axis]),
    (...index) => {
      const source: number[] = [];
      permutation.forEach((axis, position) => {
        source[axis] = index[position];
      });
      return at(x, source);
    },
  );
}

/** Swaps the last two axes. */
export function swap(x: Dense): Dense {
  const axes = x.shape.map((_, axis) => axis);
  return permute(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** The product of the last two axes; leading axes broadcast. */
export function product(a: Dense, b: Dense): Dense {
  const inner = a.shape.at(-1)!;
  const lead = zip(
    { shape: a.shape.slice(0, -2), values: [] },
    { shape: b.shape.slice(0, -2), values: [] },
    () => 0,
  ).shape;
  return build([...lead, a.shape.at(-2)!, b.shape.at(-1)!], (...index) => {
    const batch = index.slice(0, -2);
    const [row, column] = index.slice(-2);
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += at(a, [...batch, row, k]) * at(b, [...batch, k, column]);
    return sum;
  });
}

/** The sum over one axis. */
export function total(x: Dense, axis: number, keepDims: boolean): Dense {
  const kept = x.shape.map((extent, index) => (index === axis ? 1 : extent));
  const sums = build(kept, (...index) => {
    let sum = 0;
    for (let k = 0; k < x.shape[axis]; k++) sum += at(x, index.with(axis, k));
    return sum;
  });
  return keepDims ? sums : { ...sums, shape: x.shape.filter((_, index) => index !== axis) };
}

/** bf16's nearest value, ties to even. */
export function roundToBf16(value: number): number {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = value;
  bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000;
  return float[0];
}

function unravel(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = flat % shape[axis];
    flat = Math.floor(flat / shape[axis]);
  }
  return index;
}
