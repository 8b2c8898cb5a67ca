import { createLayout, type Site } from '@perfit/lora';
import type { ProjectionGroup } from '@perfit/models';
import { createEngine, type Engine, type Tensor } from '@perfit/tensorflow';
import { createAdaptedProjector } from './adapted-projector.js';
import { frozenWeights } from './frozen.js';

/** Ranks differ, as after a compaction. */
const RANKS = [2, 0, 3];
const SCALE = 1.5;
const site = (name: string, width: number, out: number): Site => ({
  name,
  layer: 0,
  in: width,
  out,
  flops: 2 * width * out,
});
/** q and v adapted, k not. */
const sites = [site('q', 5, 4), site('k', 5, 2), site('v', 5, 3)];

/** A deterministic stream, so that a failure repeats. */
function stream(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
const draw = (count: number, next: () => number) => Float32Array.from({ length: count }, next);
/** Row-major `[rows, inner] · [inner, columns]` in f64. */
const times = (a: ArrayLike<number>, b: ArrayLike<number>, rows: number, inner: number, columns: number) =>
  Float64Array.from({ length: rows * columns }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a[Math.floor(i / columns) * inner + k]! * b[k * columns + (i % columns)]!;
    return sum;
  });
const turned = (a: ArrayLike<number>, rows: number, columns: number) =>
  Float64Array.from({ length: rows * columns }, (_, i) => a[(i % rows) * columns + Math.floor(i / rows)]!);
const close = (got: ArrayLike<number>, want: ArrayLike<number>, tolerance = 1e-5) => {
  expect(got.length).toBe(want.length);
  const most = Math.max(...Array.from(want, Math.abs), 1e-6);
  for (let i = 0; i < want.length; i++) expect(Math.abs(got[i]! - want[i]!) / most).toBeLessThan(tolerance);
};

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ prefer: 'native', threads: 2 });
});
afterEach(() => expect(engine.live()).toBe(0));

const layout = createLayout(sites, (s) => RANKS[sites.indexOf(s)]!);

/** One group with its reference: W + σBA, per site, in f64. */
function setUp(tokens: number, dtype: 'f32' | 'bf16') {
  const next = stream(tokens);
  const theta = draw(layout.size, next);
  const weights = draw(9 * 5, next);
  const x = draw(tokens * 5, next);
  const dy = draw(tokens * 9, next);
  const slotOf = (index: number) =>
    theta.subarray(layout.slots[index]!.offset, layout.slots[index]!.offset + layout.slots[index]!.size);
  const up = (values: Float32Array, shape: readonly number[], type: 'f32' | 'bf16' = 'f32'): Tensor => {
    const wide = engine.upload(values, shape);
    const made = engine.cast(wide, type);
    engine.dispose(wide);
    return made;
  };
  const tensors = {
    theta: up(theta, [layout.size]),
    weight: up(weights, [9, 5], dtype),
    x: up(x, [tokens, 5], dtype),
    dy: up(dy, [tokens, 9], dtype),
  };
  const read = (t: Tensor) => Float64Array.from(engine.download(t));
  const [W, X, dY] = [read(tensors.weight), read(tensors.x), read(tensors.dy)];
  const whole = Float64Array.from(W);
  [0, 2].forEach((n, which) => {
    const begin = n === 0 ? 0 : 6;
    const change = times(slotOf(2 * which + 1), slotOf(2 * which), sites[n]!.out, RANKS[n]!, 5);
    change.forEach((value, i) => {
      whole[begin * 5 + i]! += SCALE * value;
    });
  });
  /** Gradients of θ from the tokens of [from, to). */
  const gradient = (from: number, to: number) => {
    const [count, xs, dys] = [to - from, X.subarray(from * 5, to * 5), dY.subarray(from * 9, to * 9)];
    return Float64Array.from(
      [0, 2].flatMap((n, which) => {
        const [begin, out, rank] = [n === 0 ? 0 : 6, sites[n]!.out, RANKS[n]!];
        const own = Float64Array.from(
          { length: count * out },
          (_, i) => dys[Math.floor(i / out) * 9 + begin + (i % out)]! * SCALE,
        );
        const [A, B] = [slotOf(2 * which), slotOf(2 * which + 1)];
        const dA = times(turned(times(own, B, count, out, rank), count, rank), xs, rank, count, 5);
        const dB = times(turned(own, count, out), times(xs, turned(A, rank, 5), count, 5, rank), out, count, rank);
        return [...dA, ...dB];
      }),
    );
  };
  const group: ProjectionGroup = { sites, weight: engine.pack(tensors.weight) };
  const projector = createAdaptedProjector(engine, { layout, scale: SCALE, frozen: frozenWeights(engine, sites) });
  projector.load(tensors.theta);
  const end = () => {
    projector.dispose();
    engine.dispose(group.weight.tensor, ...Object.values(tensors));
  };
  return { projector, group, tensors, whole, X, dY, tokens, gradient, end };
}

describe.each([
  ['one token an example', [0, 1, 2, 3], 'f32', 1e-5],
  ['examples of different lengths', [0, 1, 8, 12], 'f32', 1e-5],
  ['examples of different lengths, bf16', [0, 5, 6, 12], 'bf16', 2e-2],
] as const)('%s', (_name, starts, dtype, tolerance) => {
  test('y, dx and both gradients are those of W + σBA', () => {
    const { projector, group, tensors, whole, X, dY, tokens, gradient, end } = setUp(starts[3], dtype);
    const y = projector.project(group, tensors.x);
    expect(y.dtype).toBe(dtype);
    close(engine.download(y), times(X, turned(whole, 9, 5), tokens, 5, 9), tolerance);
    const dx = projector.backproject(group, tensors.x, tensors.dy, true)!;
    close(engine.download(dx), times(dY, whole, tokens, 9, 5), tolerance);
    const found = projector.collect();
    expect(found.squared).toBeUndefined();
    close(engine.download(found.gradient), gradient(0, tokens));
    engine.dispose(y, dx, found.gradient);
    end();
  });

  test('squares are those of each example alone, times its factor', () => {
    const { projector, group, tensors, tokens, gradient, end } = setUp(starts[3], dtype);
    const factors = Float32Array.of(0.5, 0, 3);
    const squares = engine.upload(factors, [3]);
    const segments = { starts: Int32Array.from(starts), squares };
    projector.begin({ tokens: segments, losses: segments });
    expect(projector.backproject(group, tensors.x, tensors.dy, false)).toBeUndefined();
    const found = projector.collect();
    close(engine.download(found.gradient), gradient(0, tokens));
    const want = new Float64Array(layout.size);
    factors.forEach((factor, j) => {
      gradient(starts[j]!, starts[j + 1]!).forEach((value, p) => {
        want[p]! += factor * value ** 2;
      });
    });
    close(engine.download(found.squared!), want);
    engine.dispose(found.gradient, found.squared, squares);
    end();
  });
});

test('an unadapted group is the frozen product, and takes no x in the backward', () => {
  const { projector, group: adapted, tensors, X, dY, tokens, end } = setUp(12, 'f32');
  const group = { ...adapted, sites: [site('other', 5, 9)] };
  expect(projector.adapts(group)).toBe(false);
  const y = projector.project(group, tensors.x);
  const W = Float64Array.from(engine.download(tensors.weight));
  close(engine.download(y), times(X, turned(W, 9, 5), tokens, 5, 9));
  const dx = projector.backproject(group, undefined, tensors.dy, true)!;
  close(engine.download(dx), times(dY, W, tokens, 9, 5));
  const { gradient } = projector.collect();
  expect([...engine.download(gradient)].every((value) => value === 0)).toBe(true);
  engine.dispose(y, dx, gradient);
  end();
});
