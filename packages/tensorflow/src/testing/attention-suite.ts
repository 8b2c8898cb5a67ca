/// <reference types="jest" />
import { composedFused } from '../composed.js';
import type { AttentionSizes } from '../contract.js';
import type { Bench } from './compare.js';
import { build, type Dense, roundToBf16, sample } from './reference.js';

/** Starts of sequences of these lengths, end to end. */
export const startsOf = (...lengths: readonly number[]): Int32Array =>
  Int32Array.from([0, ...lengths], (_, s) => lengths.slice(0, s).reduce((sum, length) => sum + length, 0));

/** Fused attention, against plain JavaScript, its own composition and finite differences. */
export function attentionSuite(at: () => Bench): void {
  describe.each<[{ lengths: number[]; heads: number; keyValueHeads: number; headSize: number; spare?: number }]>([
    [{ lengths: [1], heads: 1, keyValueHeads: 1, headSize: 2 }],
    [{ lengths: [5, 5], heads: 2, keyValueHeads: 2, headSize: 4 }],
    [{ lengths: [9, 9], heads: 6, keyValueHeads: 2, headSize: 6, spare: 3 }],
    [{ lengths: [2, 1, 7, 3], heads: 4, keyValueHeads: 2, headSize: 10, spare: 1 }],
    [{ lengths: [130], heads: 3, keyValueHeads: 1, headSize: 64 }],
    [{ lengths: [64, 64, 64], heads: 4, keyValueHeads: 4, headSize: 32 }],
    [{ lengths: [1, 2, 63, 64, 65, 130], heads: 3, keyValueHeads: 1, headSize: 16 }],
  ])('attention of %j', (given) => {
    const { lengths, headSize, heads, keyValueHeads, spare = 0 } = given;
    const sizes = { starts: startsOf(...lengths), heads, keyValueHeads };
    const width = (heads + 2 * keyValueHeads) * headSize;
    const tokens = sizes.starts.at(-1)!;

    const inputs = () => {
      const { up } = at();
      const angles = build([Math.max(...lengths) + spare, headSize / 2], (t, i) => t * 100 ** (-i / headSize));
      const part = (of: (angle: number) => number) => up({ ...angles, values: angles.values.map(of) });
      const qkv = sample([tokens, width], 11);
      return { qkv, tensor: up(qkv), rotation: { cos: part(Math.cos), sin: part(Math.sin) }, angles };
    };

    test('forward, against plain JavaScript', () => {
      const { engine, check } = at();
      const { qkv, tensor, rotation, angles } = inputs();
      const { z, logSumExp } = engine.attention(tensor, rotation, sizes);
      const reference = attend(qkv, angles, sizes, headSize);
      check(z, reference.z, 1e-5);
      check(logSumExp, reference.logSumExp, 1e-5);
      engine.dispose(tensor, rotation.cos, rotation.sin);
    });

    test('backward, against the composition', () => {
      const { engine, up } = at();
      const { tensor, rotation } = inputs();
      const dz = up(sample([tokens, heads * headSize], 12));
      const { z, logSumExp } = engine.attention(tensor, rotation, sizes);
      const saved = { qkv: tensor, rotation, z, logSumExp };
      at().near(
        engine.attentionBackward(saved, dz, sizes),
        composedFused(engine).attentionBackward(saved, dz, sizes),
        3e-5,
      );
      engine.dispose(tensor, rotation.cos, rotation.sin, dz, z, logSumExp);
    });

    test('every sequence as if it were alone', () => {
      const { engine, up, check } = at();
      const { qkv, tensor, rotation } = inputs();
      const dz = sample([tokens, heads * headSize], 12);
      const gradients = up(dz);
      const { z, logSumExp } = engine.attention(tensor, rotation, sizes);
      const dqkv = engine.attentionBackward({ qkv: tensor, rotation, z, logSumExp }, gradients, sizes);
      lengths.forEach((length, s) => {
        const rows = ({ values, shape }: Dense): Dense => ({
          shape: [length, shape[1]],
          values: values.slice(sizes.starts[s] * shape[1], sizes.starts[s + 1] * shape[1]),
        });
        const [alone, dAlone] = [up(rows(qkv)), up(rows(dz))];
        const own = { ...sizes, starts: startsOf(length) };
        const result = engine.attention(alone, rotation, own);
        const back = engine.attentionBackward({ qkv: alone, rotation, ...result }, dAlone, own);
        const of = (x: typeof z): Dense => rows({ shape: x.shape, values: [...engine.download(x)] });
        check(result.z, of(z), 1e-6);
        check(back, of(dqkv), 1e-6);
        engine.dispose(alone, dAlone, result.logSumExp);
      });
      engine.dispose(tensor, rotation.cos, rotation.sin, gradients, z, logSumExp, dqkv);
    });

    test('in bf16 as its f32 composition, to bf16’s precision', () => {
      const { engine, up } = at();
      if (!engine.supports('bf16')) return;
      const { qkv, tensor, rotation } = inputs();
      const dz = sample([tokens, heads * headSize], 12);
      const narrow = (x: Dense) => {
        const wide = up({ ...x, values: x.values.map(roundToBf16) });
        return [engine.cast(wide, 'bf16'), wide] as const;
      };
      const [x, wideX] = narrow(qkv);
      const [d, wideD] = narrow(dz);
      const composed = composedFused(engine);
      const saved = { qkv: x, rotation, ...engine.attention(x, rotation, sizes) };
      const wideSaved = { qkv: wideX, rotation, ...composed.attention(wideX, rotation, sizes) };
      const gradient = engine.attentionBackward(saved, d, sizes);
      const wideGradient = composed.attentionBackward(wideSaved, wideD, sizes);
      expect([saved.z.dtype, saved.logSumExp.dtype, gradient.dtype]).toEqual(['bf16', 'f32', 'bf16']);
      for (const [got, want] of [
        [saved.z, wideSaved.z],
        [gradient, wideGradient],
      ]) {
        const [actual, expected] = [engine.download(got), [...engine.download(want)]];
        const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        expected.forEach((value, index) => {
          expect(Math.abs(actual[index] - value)).toBeLessThanOrEqual(2 ** -6 * most);
        });
      }
      engine.dispose(tensor, rotation.cos, rotation.sin, x, wideX, d, wideD, gradient, wideGradient);
      engine.dispose(saved.z, saved.logSumExp, wideSaved.z, wideSaved.logSumExp);
    });
  });

  test.each<[string, number[], number]>([
    ['no sequence', [0], 3],
    ['none at all', [], 3],
    ['a first start above 0', [1, 6], 3],
    ['a last start before the end', [0, 5], 3],
    ['a last start beyond the end', [0, 7], 3],
    ['an empty sequence', [0, 3, 3, 6], 3],
    ['starts that go back', [0, 4, 2, 6], 4],
    ['a sequence longer than the angles', [0, 4, 6], 3],
  ])('attention refuses %s', (_, starts, length) => {
    const { engine, up } = at();
    const tensors = [
      up(sample([6, 6], 1)),
      up(sample([length, 1], 2)),
      up(sample([length, 1], 3)),
      up(sample([6, 2], 4)),
    ];
    const [qkv, cos, sin, z] = tensors;
    const sizes: AttentionSizes = { starts: Int32Array.from(starts), heads: 1, keyValueHeads: 1 };
    const refused = expect.objectContaining({ code: 'tensorflow/shape-mismatch' });
    const logSumExp = up(sample([1, 6], 5));
    expect(() => engine.attention(qkv, { cos, sin }, sizes)).toThrow(refused);
    expect(() => engine.attentionBackward({ qkv, rotation: { cos, sin }, z, logSumExp }, z, sizes)).toThrow(refused);
    engine.dispose(...tensors, logSumExp);
  });

  test('attention’s backward agrees with finite differences', () => {
    const { engine, up } = at();
    const sizes = { starts: startsOf(2, 1), heads: 2, keyValueHeads: 1 };
    const angles = build([3, 1], (t) => 0.7 * t);
    const rotation = {
      cos: up({ ...angles, values: angles.values.map(Math.cos) }),
      sin: up({ ...angles, values: angles.values.map(Math.sin) }),
    };
    const x = sample([3, 8], 21);
    const r = sample([3, 4], 22);
    const loss = (values: readonly number[]) => {
      const qkv = up({ shape: [3, 8], values });
      const { z, logSumExp } = engine.attention(qkv, rotation, sizes);
      const sum = [...engine.download(z)].reduce((total, value, index) => total + value * r.values[index], 0);
      engine.dispose(qkv, z, logSumExp);
      return sum;
    };
    const [qkv, dz] = [up(x), up(r)];
    const { z, logSumExp } = engine.attention(qkv, rotation, sizes);
    const gradient = engine.attentionBackward({ qkv, rotation, z, logSumExp }, dz, sizes);
    engine.download(gradient).forEach((slope, index) => {
      const h = 2 ** -7;
      const numeric =
        (loss(x.values.with(index, x.values[index] + h)) - loss(x.values.with(index, x.values[index] - h))) / (2 * h);
      expect(Math.abs(numeric - slope)).toBeLessThan(2e-3);
    });
    engine.dispose(qkv, dz, z, logSumExp, gradient, rotation.cos, rotation.sin);
  });

  test('attention of enormous scores picks one key and stays finite', () => {
    const { engine, up, check } = at();
    const rotation = { cos: up({ shape: [2, 1], values: [1, 1] }), sin: up({ shape: [2, 1], values: [0, 0] }) };
    const qkv = up({ shape: [2, 6], values: [1e6, 0, 1e6, 0, 1, 2, 1e6, 0, -1e6, 0, 3, 4] });
    const sizes = { starts: startsOf(2), heads: 1, keyValueHeads: 1 };
    const { z, logSumExp } = engine.attention(qkv, rotation, sizes);
    const gradient = engine.attentionBackward({ qkv, rotation, z, logSumExp }, z, sizes);
    expect(engine.download(gradient).every(Number.isFinite)).toBe(true);
    check(z, { shape: [2, 2], values: [1, 2, 1, 2] });
    engine.dispose(qkv, rotation.cos, rotation.sin, logSumExp, gradient);
  });
}

const at2 = ({ shape, values }: Dense, row: number, column: number) => values[row * shape[1] + column];

function attend(qkv: Dense, angles: Dense, { starts, heads, keyValueHeads }: AttentionSizes, headSize: number) {
  const half = headSize / 2;
  const tokens = starts.at(-1)!;
  const vector = (start: number, t: number, head: number, turned: boolean) =>
    Array.from({ length: headSize }, (_, i) => {
      const value = (at: number) => at2(qkv, start + t, head * headSize + at);
      if (!turned) return value(i);
      const angle = at2(angles, t, i % half);
      const other = i < half ? -value(i + half) : value(i - half);
      return value(i) * Math.cos(angle) + other * Math.sin(angle);
    });
  const z = new Float64Array(tokens * heads * headSize);
  const logSumExp = new Float64Array(heads * tokens);
  for (let s = 0; s + 1 < starts.length; s++)
    for (let head = 0; head < heads; head++) {
      const [start, length] = [starts[s], starts[s + 1] - starts[s]];
      const group = Math.floor((head * keyValueHeads) / heads);
      const keys = Array.from({ length }, (_, t) => vector(start, t, heads + group, true));
      const values = Array.from({ length }, (_, t) => vector(start, t, heads + keyValueHeads + group, false));
      for (let t = 0; t < length; t++) {
        const q = vector(start, t, head, true);
        const scores = keys
          .slice(0, t + 1)
          .map((key) => key.reduce((sum, value, i) => sum + value * q[i], 0) / Math.sqrt(headSize));
        const top = Math.max(...scores);
        const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
        logSumExp[head * tokens + start + t] = top + Math.log(total);
        scores.forEach((score, key) => {
          for (let i = 0; i < headSize; i++)
            z[((start + t) * heads + head) * headSize + i] += (Math.exp(score - top) / total) * values[key][i];
        });
      }
    }
  return {
    z: { shape: [tokens, heads * headSize], values: [...z] },
    logSumExp: { shape: [heads, tokens], values: [...logSumExp] },
  };
}
