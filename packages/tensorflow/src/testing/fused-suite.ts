/// <reference types="jest" />
import { composedFused } from '../composed.js';
import type { Engine, Tensor } from '../contract.js';
import type { Bench } from './compare.js';
import { build, type Dense, roundToBf16, sample, zip } from './reference.js';

const refused = expect.objectContaining({ code: 'tensorflow/shape-mismatch' });
const at2 = ({ shape, values }: Dense, row: number, column: number) => values[row * shape[1] + column];

/** One row of a norm in f64: its inverse root mean square. */
const inverseOf = (x: Dense, row: number, epsilon: number) => {
  const values = x.values.slice(row * x.shape[1], (row + 1) * x.shape[1]);
  return 1 / Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length + epsilon);
};

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The fused operations, against plain JavaScript and against their own compositions. */
export function fusedSuite(at: () => Bench): void {
  describe.each([[[3, 8]], [[5, 7]], [[1, 1]], [[0, 4]], [[40, 576]]])('RMSNorm of %j', (shape) => {
    test('forward', () => {
      const { engine, up, check } = at();
      const [x, w] = [sample(shape, 1), sample([shape[1]], 2)];
      const [tx, tw] = [up(x), up(w)];
      const { y, inverse } = engine.rmsNorm(tx, tw, 1e-5);
      check(
        y,
        build(shape, (row, column) => at2(x, row, column) * inverseOf(x, row, 1e-5) * w.values[column]),
        1e-5,
      );
      check(
        inverse,
        build([shape[0], 1], (row) => inverseOf(x, row, 1e-5)),
        1e-5,
      );
      engine.dispose(tx, tw);
    });

    test.each([true, false])('backward, with a residual: %j', (withResidual) => {
      const { engine, up, check } = at();
      const [x, w, dy, residual] = [sample(shape, 1), sample([shape[1]], 2), sample(shape, 3), sample(shape, 4)];
      const tensors = [x, w, dy, residual].map(up);
      const [tx, tw, td, tr] = tensors;
      const { y, inverse } = engine.rmsNorm(tx, tw, 1e-5);
      const dx = engine.rmsNormBackward({ x: tx, inverse, weight: tw }, td, withResidual ? tr : undefined);
      const expected = build(shape, (row, column) => {
        const s = inverseOf(x, row, 1e-5);
        let along = 0;
        for (let i = 0; i < shape[1]; i++) along += at2(dy, row, i) * w.values[i] * at2(x, row, i);
        const through =
          s * (at2(dy, row, column) * w.values[column] - (at2(x, row, column) * s * s * along) / shape[1]);
        return through + (withResidual ? at2(residual, row, column) : 0);
      });
      check(dx, expected, 1e-5);
      engine.dispose(...tensors, y, inverse);
    });
  });

  test('RMSNorm of zeros, of huge rows and of NaN', () => {
    const { engine, up, check } = at();
    const x = up({ shape: [4, 2], values: [0, 0, 1e18, -1e18, 1e-20, 1e-20, Number.NaN, 1] });
    const w = up({ shape: [2], values: [1, 1] });
    const { y, inverse } = engine.rmsNorm(x, w, 1e-5);
    check(y, { shape: [4, 2], values: [0, 0, 1, -1, 0, 0, Number.NaN, Number.NaN] }, 1e-6);
    engine.dispose(x, w, inverse);
  });

  describe.each([[[3, 8]], [[5, 7]], [[1, 1]], [[0, 4]], [[9, 1536]], [[70000]]])('SwiGLU of %j', (shape) => {
    const silu = (gate: number) => gate * sigmoid(gate);

    test('forward', () => {
      const { engine, up: upload, check } = at();
      const [gate, up] = [sample(shape, 1, 6), sample(shape, 2)];
      const [g, u] = [upload(gate), upload(up)];
      check(
        engine.swiglu(g, u),
        zip(gate, up, (a, b) => silu(a) * b),
        1e-5,
      );
      engine.dispose(g, u);
    });

    test('backward', () => {
      const { engine, up: upload, check } = at();
      const [gate, up, dy] = [sample(shape, 1, 6), sample(shape, 2), sample(shape, 3)];
      const tensors = [gate, up, dy].map(upload);
      const { dGate, dUp } = engine.swigluBackward(tensors[0], tensors[1], tensors[2]);
      const slope = zip(gate, up, (a, b) => b * (sigmoid(a) + silu(a) * (1 - sigmoid(a))));
      check(
        dGate,
        zip(slope, dy, (a, b) => a * b),
        1e-5,
      );
      check(
        dUp,
        zip(gate, dy, (a, b) => silu(a) * b),
        1e-5,
      );
      engine.dispose(...tensors);
    });
  });

  test('SwiGLU saturates without overflow', () => {
    const { engine, up, check } = at();
    const shape = [1, 6];
    const gate = up({ shape, values: [-1e30, -1e4, -100, 0, 100, 1e30] });
    const ones = up({ shape, values: [1, 1, 1, 1, 1, 1] });
    const values = [0, 0, 0, 0, 100, 1e30];
    check(engine.swiglu(gate, ones), { shape, values }, 1e-6);
    const { dGate, dUp } = engine.swigluBackward(gate, ones, ones);
    check(dGate, { shape, values: [0, 0, 0, 0.5, 1, 1] }, 1e-6);
    check(dUp, { shape, values }, 1e-6);
    engine.dispose(gate, ones);
  });

  test('cross-entropy weighs the gradient of each row', () => {
    const { engine, up, indices } = at();
    const x = up(sample([3, 37], 5, 3));
    const labels = indices(36, 0, 5);
    const weights = up({ shape: [3], values: [0.5, 0, -2] });
    const plain = engine.crossEntropy(x, labels);
    const weighted = engine.crossEntropy(x, labels, weights);
    const column = engine.reshape(weights, [3, 1]);
    at().near(weighted.gradient, engine.mul(plain.gradient, column), 1e-6);
    at().near(weighted.losses, plain.losses, 0);
    engine.dispose(x, labels, weights, column, plain.gradient);
  });

  test('in bf16 as its f32 composition, to bf16’s precision', () => {
    const { engine, up } = at();
    if (!engine.supports('bf16')) return;
    const narrow = (x: Dense) => {
      const wide = up({ ...x, values: x.values.map(roundToBf16) });
      return [engine.cast(wide, 'bf16'), wide] as const;
    };
    const composed = composedFused(engine);
    const sizes = { starts: Int32Array.of(0, 7, 14), heads: 4, keyValueHeads: 2 };
    const [qkv, wideQkv] = narrow(sample([14, 8 * 16], 31));
    const [dz, wideDz] = narrow(sample([14, 4 * 16], 32));
    const angles = build([7, 8], (t, i) => t / (i + 1));
    const rotation = {
      cos: up({ ...angles, values: angles.values.map(Math.cos) }),
      sin: up({ ...angles, values: angles.values.map(Math.sin) }),
    };
    const saved = { qkv, rotation, ...engine.attention(qkv, rotation, sizes) };
    const wideSaved = { qkv: wideQkv, rotation, ...composed.attention(wideQkv, rotation, sizes) };
    close(engine, saved.z, wideSaved.z);
    const gradients = [
      engine.attentionBackward(saved, dz, sizes),
      composed.attentionBackward(wideSaved, wideDz, sizes),
    ] as const;
    close(engine, ...gradients);

    const activations = [engine.swiglu(dz, saved.z), composed.swiglu(wideDz, wideSaved.z)] as const;
    close(engine, ...activations);
    const slopes = [
      engine.swigluBackward(dz, saved.z, dz),
      composed.swigluBackward(wideDz, wideSaved.z, wideDz),
    ] as const;
    close(engine, slopes[0].dGate, slopes[1].dGate);
    close(engine, slopes[0].dUp, slopes[1].dUp);

    const weight = up(sample([64], 33));
    const norm = engine.rmsNorm(wideDz, weight, 1e-5, 'bf16');
    const wideNorm = composed.rmsNorm(wideDz, weight, 1e-5);
    close(engine, norm.y, wideNorm.y);
    const back = [
      engine.rmsNormBackward({ x: wideDz, inverse: norm.inverse, weight }, dz),
      composed.rmsNormBackward({ x: wideDz, inverse: norm.inverse, weight }, wideDz),
    ] as const;
    close(engine, ...back);
    expect([saved.z, gradients[0], activations[0], slopes[0].dGate, norm.y].map(({ dtype }) => dtype)).toEqual(
      Array.from({ length: 5 }, () => 'bf16'),
    );
    expect(back[0].dtype).toBe('f32');

    engine.dispose(qkv, wideQkv, dz, wideDz, rotation.cos, rotation.sin, weight);
    engine.dispose(saved.z, saved.logSumExp, wideSaved.z, wideSaved.logSumExp, ...gradients, ...activations);
    engine.dispose(
      ...slopes.flatMap(({ dGate, dUp }) => [dGate, dUp]),
      norm.y,
      norm.inverse,
      wideNorm.y,
      wideNorm.inverse,
      ...back,
    );
  });

  test.each<[string, (engine: Engine, x: Tensor, six: Tensor) => unknown]>([
    ['rmsNorm', (engine, x, six) => engine.rmsNorm(x, six, 1e-5)],
    ['rmsNormBackward', (engine, x, six) => engine.rmsNormBackward({ x, inverse: six, weight: six }, six)],
    ['swiglu', (engine, x, six) => engine.swiglu(x, six)],
    ['swigluBackward', (engine, x, six) => engine.swigluBackward(x, x, six)],
    [
      'attention',
      (engine, x, six) =>
        engine.attention(x, { cos: six, sin: six }, { starts: Int32Array.of(0, 2), heads: 1, keyValueHeads: 1 }),
    ],
    ['crossEntropy', (engine, x, six) => engine.crossEntropy(x, six)],
  ])('%s refuses shapes that do not fit', (_, call) => {
    const { engine, up } = at();
    const [x, six] = [up(sample([2, 5], 1)), up(sample([6], 1))];
    expect(() => call(engine, x, six)).toThrow(refused);
    engine.dispose(x, six);
  });
}

/** Compares in units of bf16's precision, and disposes nothing. */
function close(engine: Engine, actual: Tensor, expected: Tensor): void {
  const [got, want] = [engine.download(actual), [...engine.download(expected)]];
  const most = want.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  want.forEach((value, index) => {
    expect(Math.abs(got[index] - value)).toBeLessThanOrEqual(2 ** -6 * most);
  });
}
