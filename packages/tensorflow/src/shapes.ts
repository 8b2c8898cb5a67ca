import type { AttentionSizes, LowRankTerm, PackedMatrix, Rotation, Tensor } from './contract.js';
import { errors } from './errors.js';

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

const show = (shape: readonly number[]) => `[${shape.join(', ')}]`;

function mismatch(what: string, cure: string): never {
  throw errors.make('shape-mismatch', { what, cure });
}

/** Refuses values that do not fill their shape. */
export function requireSize(length: number, shape: readonly number[]): void {
  if (length !== sizeOf(shape))
    mismatch(`${length} values do not fill shape ${show(shape)}`, 'Give as many values as the shape has elements');
}

/** NumPy's broadcast of two shapes. */
export function broadcast(operation: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1;
    const y = b[axis - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      mismatch(`${operation} cannot broadcast ${show(a)} with ${show(b)}`, 'Make the extents equal, or one of them 1');
    return x === 1 ? y : x;
  });
}

/** Shape of a product of the last two axes; leading axes broadcast. */
export function productShape(
  operation: string,
  a: readonly number[],
  b: readonly number[],
  { transposeA = false, transposeB = false }: { transposeA?: boolean; transposeB?: boolean },
): number[] {
  if (a.length < 2 || b.length < 2)
    mismatch(`${operation} got ${show(a)} and ${show(b)}`, 'Give operands of at least two axes');
  const [m, k] = transposeA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const [inner, n] = transposeB ? [b.at(-1)!, b.at(-2)!] : [b.at(-2)!, b.at(-1)!];
  if (k !== inner)
    mismatch(
      `${operation} got ${show(a)}${transposeA ? 'ᵀ' : ''} and ${show(b)}${transposeB ? 'ᵀ' : ''}`,
      'Make the inner extents equal',
    );
  return [...broadcast(operation, a.slice(0, -2), b.slice(0, -2)), m, n];
}

/** An axis counted from 0, negative ones from the end. */
export function axisOf(operation: string, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank)
    mismatch(
      `${operation} got axis ${axis} of a tensor with ${rank} axes`,
      `Name an axis from ${-rank} to ${rank - 1}`,
    );
  return positive;
}

/** A shape with one extent replaced. */
export function withExtent(shape: readonly number[], axis: number, extent: number): number[] {
  return shape.map((size, index) => (index === axis ? extent : size));
}

/** A shape after a reduction over one axis. */
export function reducedShape(shape: readonly number[], axis: number, keepDims: boolean): number[] {
  return keepDims ? withExtent(shape, axis, 1) : shape.filter((_, index) => index !== axis);
}

/** Shape of a concatenation, its operands checked. */
export function concatShape(shapes: readonly (readonly number[])[], axis: number): number[] {
  const [first] = shapes;
  if (!first) mismatch('concat got no tensors', 'Give at least one');
  for (const shape of shapes)
    if (shape.length !== first.length || shape.some((extent, index) => index !== axis && extent !== first[index]))
      mismatch(`concat along axis ${axis} got ${show(first)} and ${show(shape)}`, 'Make all other extents equal');
  return withExtent(
    first,
    axis,
    shapes.reduce((sum, shape) => sum + shape[axis], 0),
  );
}

/** Shapes of the parts of a split, its sizes checked. */
export function splitShapes(shape: readonly number[], sizes: readonly number[], axis: number): number[][] {
  if (sizes.reduce((sum, size) => sum + size, 0) !== shape[axis])
    mismatch(`split of ${show(shape)} along axis ${axis} got sizes ${show(sizes)}`, 'Make the sizes sum to the extent');
  return sizes.map((size) => withExtent(shape, axis, size));
}

/** Refuses a slice that leaves its tensor. */
export function requireWithin(shape: readonly number[], begin: readonly number[], size: readonly number[]): void {
  const fits =
    begin.length === shape.length &&
    size.length === shape.length &&
    shape.every((extent, axis) => begin[axis] >= 0 && size[axis] >= 0 && begin[axis] + size[axis] <= extent);
  if (!fits)
    mismatch(`slice of ${show(shape)} got begin ${show(begin)} and size ${show(size)}`, 'Stay inside the tensor');
}

/** Refuses anything but an ordering of the axes. */
export function requirePermutation(permutation: readonly number[], rank: number): void {
  const seen = new Set(permutation);
  if (permutation.length !== rank || seen.size !== rank || permutation.some((axis) => !(axis >= 0 && axis < rank)))
    mismatch(`transpose of ${rank} axes got ${show(permutation)}`, 'Name every axis once');
}

/** Refuses shapes that differ. */
export function requireEqual(operation: string, a: readonly number[], b: readonly number[]): void {
  if (a.length !== b.length || a.some((extent, axis) => extent !== b[axis]))
    mismatch(`${operation} got ${show(a)} and ${show(b)}`, 'Give equal shapes');
}

/** Length of the longest of the sequences that start at `starts` and end where the next one starts. */
export function longestSequence(starts: Int32Array): number {
  return starts.reduce((most, start, s) => (s === 0 ? most : Math.max(most, start - starts[s - 1])), 0);
}

/** Refuses anything but the starts of sequences that lie end to end in `count` rows. */
function requireStarts(operation: string, starts: Int32Array, count: number): void {
  const ascending = starts.every((start, s) => s === 0 || start > starts[s - 1]);
  if (starts.length < 2 || starts[0] !== 0 || starts.at(-1) !== count || !ascending)
    mismatch(
      `${operation} got sequences that start at ${show([...starts])} in ${count} rows`,
      'Let them ascend from 0 to the number of rows, and leave no sequence empty',
    );
}

/** D and what else follows from the stacked rows of attention, its operands checked. */
export function attentionShape(
  { shape }: Tensor,
  { cos, sin }: Rotation,
  { starts, heads, keyValueHeads }: AttentionSizes,
): { readonly headSize: number; readonly groups: number } {
  const [tokens, width] = shape;
  const [headSize, groups] = [width / (heads + 2 * keyValueHeads), heads / keyValueHeads];
  if (shape.length !== 2 || ![headSize / 2, groups].every(Number.isInteger))
    mismatch(
      `attention got ${show(shape)} for ${heads} heads and ${keyValueHeads} key-value heads`,
      'Give [N, (heads + 2 · keyValueHeads) · D] with an even D and heads a multiple of the key-value heads',
    );
  requireStarts('attention', starts, tokens);
  const longest = longestSequence(starts);
  if (cos.shape.length !== 2 || cos.shape[0] < longest || cos.shape[1] !== headSize / 2)
    mismatch(
      `attention got angles ${show(cos.shape)} for heads ${headSize} wide and a sequence of ${longest} rows`,
      'Give [T, D/2] with T at least the longest sequence',
    );
  requireEqual('attention (angles)', sin.shape, cos.shape);
  return { headSize, groups };
}

/** Refuses operands of lowRankInput that do not fit. */
export function requireLowRank(x: Tensor, A: Tensor): void {
  const [, width] = requireMatrix('lowRankInput', x);
  requireEqual('lowRankInput', A.shape, [A.shape[0], width]);
  requireWide('lowRankInput', A);
}

/** Refuses operands of lowRankGradients that do not fit. */
export function requireLowRankGradients({ x, A, B }: { x: Tensor; A: Tensor; B: Tensor }, dy: Tensor): void {
  const [rows, width] = requireMatrix('lowRankGradients', x);
  const [out, rank] = requireMatrix('lowRankGradients', B);
  requireEqual('lowRankGradients (A)', A.shape, [rank, width]);
  requireEqual('lowRankGradients (dy)', dy.shape, [rows, out]);
  requireSameDtype('lowRankGradients', [x, dy]);
  requireWide('lowRankGradients', A, B);
}

/** Refuses operands of segmentProducts that do not fit. */
export function requireSegments(x: Tensor, y: Tensor, starts: Int32Array, scales: Tensor | undefined): void {
  requireEqual('segmentProducts (axes)', [x.shape.length, y.shape.length], [2, 2]);
  requireEqual('segmentProducts (rows)', [x.shape[0]], [y.shape[0]]);
  requireStarts('segmentProducts', starts, x.shape[0]);
  if (scales) requireEqual('segmentProducts (scales)', scales.shape, [starts.length - 1]);
  requireSameDtype('segmentProducts', scales ? [x, y, scales] : [x, y]);
}

/** Refuses operands of different element types: nothing is promoted behind the caller's back. */
export function requireSameDtype(operation: string, tensors: readonly Tensor[]): void {
  const odd = tensors.find(({ dtype }) => dtype !== tensors[0].dtype);
  if (odd)
    throw errors.make('unsupported-dtype', {
      what: `${operation} got ${tensors[0].dtype} and ${odd.dtype}`,
      cure: 'Cast one of them',
    });
}

/** A matrix's extents; refuses anything but two axes. */
export function requireMatrix(operation: string, { shape }: Tensor): readonly [rows: number, columns: number] {
  requireEqual(`${operation} (number of axes)`, [shape.length], [2]);
  return [shape[0], shape[1]];
}

/** Refuses operands of a product with a frozen matrix, along its axis `inner`, that do not fit together. */
export function requireLinear(
  operation: string,
  x: Tensor,
  { shape, dtype, tensor }: PackedMatrix,
  term: LowRankTerm | undefined,
  { inner }: { readonly inner: 0 | 1 },
): void {
  requireEqual(operation, x.shape, [x.shape[0], shape[inner]]);
  requireSameDtype(operation, [x, { ...tensor, dtype }]);
  if (!term) return;
  const rank = term.left.shape[1];
  requireEqual(`${operation} (left)`, term.left.shape, [x.shape[0], rank]);
  requireEqual(`${operation} (right)`, term.right.shape, inner === 1 ? [shape[0], rank] : [rank, shape[1]]);
  requireWide(operation, term.left, term.right);
}

/** Refuses factors of a low-rank product in anything but f32. */
function requireWide(operation: string, ...factors: readonly Tensor[]): void {
  const odd = factors.find(({ dtype }) => dtype !== 'f32');
  if (odd)
    throw errors.make('unsupported-dtype', {
      what: `${operation} got a low-rank factor in ${odd.dtype}`,
      cure: 'Give both in f32',
    });
}
