/// <reference types="jest" />
import { composedFused } from '../composed.js';
import type { AttentionSizes } from '../contract.js';
import type { Bench } from './compare.js';
import { build, type Dense, sample } from './reference.js';

/** Fused attention, against plain JavaScript, its own composition and finite differences. */
export function attentionSuite(at: () => Bench): void {
  describe.each<[AttentionSizes & { length: number; headSize: number }]>([
    [{ rows: 1, heads: 1, keyValueHeads: 1, length: 1, headSize: 2 }],
    [{ rows: 2, heads: 2, keyValueHeads: 2, length: 5, headSize: 4 }],
    [{ rows: 2, heads: 6, keyValueHeads: 2, length: 9, headSize: 6 }],
    [{ rows: 1, heads: 3, keyValueHeads: 1, length: 130, headSize: 64 }],
    [{ rows: 3, heads: 4, keyValueHeads: 4, length: 64, headSize: 32 }],
  ])('attention of %j', (given) => {
    const { length, headSize, ...sizes } = given;
    const { rows, heads, keyValueHeads } = sizes;
    const width = (heads + 2 * keyValueHeads) * headSize;

    const inputs = () => {
      const { up } = at();
      const angles = build([length, headSize / 2], (t, i) => t * 100 ** (-i / headSize));
      const part = (of: (angle: number) => number) => up({ ...angles, values: angles.values.map(of) });
      const qkv = sample([rows * length, width], 11);
      return { qkv, tensor: up(qkv), rotation: { cos: part(Math.cos), sin: part(Math.sin) }, angles };
    };

    test('forward, against plain JavaScript', () => {
      const { engine, check } = at();
      const { qkv, tensor, rotation, angles } = inputs();
      const { z, logSumExp } = engine.attention(tensor, rotation, sizes);
      const reference = attend(qkv, angles, sizes, length, headSize);
      check(z, reference.z, 1e-5);
      check(logSumExp, reference.logSumExp, 1e-5);
      engine.dispose(tensor, rotation.cos, rotation.sin);
    });

    test('backward, against the composition', () => {
      const { engine, up } = at();
      const { tensor, rotation } = inputs();
      const dz = up(sample([rows * length, heads * headSize], 12));
      const { z, logSumExp } = engine.attention(tensor, rotation, sizes);
      const saved = { qkv: tensor, rotation, z, logSumExp };
      at().near(
        engine.attentionBackward(saved, dz, sizes),
        composedFused(engine).attentionBackward(saved, dz, sizes),
        3e-5,
      );
      engine.dispose(tensor, rotation.cos, rotation.sin, dz, z, logSumExp);
    });
  });

  test('attention’s backward agrees with finite differences', () => {
    const { engine, up } = at();
    const sizes = { rows: 1, heads: 2, keyValueHeads: 1 };
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
    const sizes = { rows: 1, heads: 1, keyValueHeads: 1 };
    const { z, logSumExp } = engine.attention(qkv, rotation, sizes);
    const gradient = engine.attentionBackward({ qkv, rotation, z, logSumExp }, z, sizes);
    expect(engine.download(gradient).every(Number.isFinite)).toBe(true);
    check(z, { shape: [2, 2], values: [1, 2, 1, 2] });
    engine.dispose(qkv, rotation.cos, rotation.sin, logSumExp, gradient);
  });
}

const at2 = ({ shape, values }: Dense, row: number, column: number) => values[row * shape[1] + column];

function attend(qkv: Dense, angles: Dense, sizes: AttentionSizes, length: number, headSize: number) {
  const { rows, heads, keyValueHeads } = sizes;
  const half = headSize / 2;
  const vector = (row: number, t: number, head: number, turned: boolean) =>
    Array.from({ length: headSize }, (_, i) => {
      const value = (at: number) => at2(qkv, row * length + t, head * headSize + at);
      if (!turned) return value(i);
      const angle = at2(angles, t, i % half);
      const other = i < half ? -value(i + half) : value(i - half);
      return value(i) * Math.cos(angle) + other * Math.sin(angle);
    });
  const z = new Float64Array(rows * length * heads * headSize);
  const logSumExp = new Float64Array(rows * heads * length);
  for (let row = 0; row < rows; row++)
    for (let head = 0; head < heads; head++) {
      const group = Math.floor((head * keyValueHeads) / heads);
      const keys = Array.from({ length }, (_, t) => vector(row, t, heads + group, true));
      const values = Array.from({ length }, (_, t) => vector(row, t, heads + keyValueHeads + group, false));
      for (let t = 0; t < length; t++) {
        const q = vector(row, t, head, true);
        const scores = keys
          .slice(0, t + 1)
          .map((key) => key.reduce((sum, value, i) => sum + value * q[i], 0) / Math.sqrt(headSize));
        const top = Math.max(...scores);
        const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
        logSumExp[(row * heads + head) * length + t] = top + Math.log(total);
        scores.forEach((score, key) => {
          for (let i = 0; i < headSize; i++)
            z[((row * length + t) * heads + head) * headSize + i] += (Math.exp(score - top) / total) * values[key][i];
        });
      }
    }
  return {
    z: { shape: [rows * length, heads * headSize], values: [...z] },
    logSumExp: { shape: [rows, heads, length], values: [...logSumExp] },
  };
}
