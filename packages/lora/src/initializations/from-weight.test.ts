import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLayout, type Initialization, mergeDelta, olora, pissa, type Site, slotsBySite } from '../index.js';
import { principalComponents } from '../principal-components.js';
import { sampleWeight, seededRandom } from '../testing.js';

interface GoldenMatrix {
  readonly name: string;
  readonly out: number;
  readonly in: number;
  readonly weight: readonly number[];
  readonly singularValues: readonly number[];
  readonly pissa: { readonly delta: readonly number[] };
  readonly olora: { readonly delta: readonly number[] };
}
const golden: { readonly rank: number; readonly scale: number; readonly matrices: readonly GoldenMatrix[] } =
  JSON.parse(readFileSync(join(__dirname, '../goldens/starts.json'), 'utf8'));

const siteOf = (columns: number, out: number): Site => ({
  name: 'model.layers.0.self_attn.q_proj',
  layer: 0,
  in: columns,
  out,
  flops: 2 * columns * out,
});
const start = (make: Initialization, site: Site, weight: ArrayLike<number>, rank: number, scale: number) => {
  const layout = createLayout([site], rank);
  const frozen = () => Float32Array.from(weight);
  const { values, subtracted } = make.initialize({ layout, random: seededRandom(1), scale, frozen });
  expect(subtracted).toBe(true);
  const [{ A, B }] = slotsBySite(layout) as [ReturnType<typeof slotsBySite>[number]];
  return {
    A: [...values.subarray(A.offset, A.offset + A.size)],
    B: [...values.subarray(B.offset, B.offset + B.size)],
    delta: mergeDelta(layout, values, site, scale),
  };
};
const close = (got: ArrayLike<number>, want: readonly number[], digits = 6) => {
  expect(got).toHaveLength(want.length);
  want.forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, digits);
  });
};

describe.each([pissa(), olora()])('$name', (make) => {
  test.each(golden.matrices)('takes PEFT’s σBA out of a $name weight', ({ in: columns, out, weight, ...wanted }) => {
    const { delta } = start(make, siteOf(columns, out), weight, golden.rank, golden.scale);
    close(delta, wanted[make.name as 'pissa' | 'olora'].delta, 5);
  });

  test('is decided by the weight alone, and draws nothing', () => {
    const random = jest.fn(() => 0.5);
    const layout = createLayout([siteOf(6, 8)], 3);
    const { values } = make.initialize({ layout, random, scale: 2, frozen: sampleWeight });
    expect(random).not.toHaveBeenCalled();
    expect(make.initialize({ layout, random: seededRandom(9), scale: 2, frozen: sampleWeight }).values).toEqual(values);
  });

  test('more components than the weight has, and a weight with NaN, are refused', () => {
    const site = siteOf(3, 2);
    expect(() => start(make, site, [1, 2, 3, 4, 5, 6], 3, 1)).toThrow(
      `${make.name} takes 3 components out of "model.layers.0.self_attn.q_proj", which is [2, 3]. Lower rank`,
    );
    expect(() => start(make, site, [1, 2, 3, 4, Number.NaN, 6], 1, 1)).toThrow(
      expect.objectContaining({ code: 'lora/not-finite' }),
    );
  });
});

test('pissa by hand: √(S/σ) on both sides, the largest entry of a column of B positive', () => {
  // U = I, S = (3, 2), V = diag(1, −1).
  const { A, B, delta } = start(pissa(), siteOf(2, 3), [3, 0, 0, -2, 0, 0], 2, 2);
  close(A, [1.2247449, 0, 0, -1]);
  close(B, [1.2247449, 0, 0, 1, 0, 0]);
  close(delta, [3, 0, 0, -2, 0, 0]);
});

test.each(golden.matrices)('pissa leaves the smaller singular values of a $name weight', (matrix) => {
  const { in: columns, out, weight, singularValues } = matrix;
  const { delta } = start(pissa(), siteOf(columns, out), weight, golden.rank, golden.scale);
  const left = Float32Array.from(weight, (value, i) => value - delta[i]!);
  close(principalComponents(Float32Array.from(weight), { in: columns, out }, 3).values, singularValues.slice(0, 3), 6);
  close(principalComponents(left, { in: columns, out }, 2).values, singularValues.slice(3, 5), 5);
});

test('pissa: a smaller rank is a prefix of a larger one, to f32 rounding', () => {
  const random = seededRandom(4);
  const [columns, out] = [110, 120];
  const weight = Float32Array.from({ length: columns * out }, () => random() - 0.5);
  const [small, large] = [2, 9].map((rank) => start(pissa(), siteOf(columns, out), weight, rank, 2)) as [
    ReturnType<typeof start>,
    ReturnType<typeof start>,
  ];
  close(large.A.slice(0, 2 * columns), small.A, 7);
  close(
    large.B.filter((_, i) => i % 9 < 2),
    small.B,
    7,
  );
});

test.each([0, -1, Number.NaN])('pissa cannot divide by a scale of %p', (scale) => {
  expect(() => start(pissa(), siteOf(2, 3), [3, 0, 0, -2, 0, 0], 1, scale)).toThrow(
    expect.objectContaining({ code: 'lora/bad-scale' }),
  );
});

test('olora by hand: Q and R of [[3, 1], [4, 2]], not divided by σ', () => {
  const { A, B, delta } = start(olora(), siteOf(2, 2), [3, 1, 4, 2], 2, 0.5);
  close(A, [5, 2.2, 0, 0.4]);
  close(B, [0.6, -0.8, 0.8, 0.6]);
  close(delta, [1.5, 0.5, 2, 1]);
});

test('olora: a smaller rank is a prefix of a larger one, bit for bit; dependent columns are no obstacle', () => {
  const weight = [1, 2, 0, 2, 4, 1, 2, 4, 5, 0, 0, 3];
  const [small, large] = [1, 3].map((rank) => start(olora(), siteOf(3, 4), weight, rank, 1)) as [
    ReturnType<typeof start>,
    ReturnType<typeof start>,
  ];
  expect(large.A.slice(0, 3)).toEqual(small.A);
  expect(large.B.filter((_, i) => i % 3 === 0)).toEqual(small.B);
  // The second column is twice the first: R's second diagonal entry is 0.
  expect(large.A.slice(3, 5)).toEqual([0, 0]);
  close(large.delta, weight);
});
