import { createEngine, type Engine, type Tensor } from '@perfit/tensorflow';
import { inverseFrequencies } from '../config/frequencies.js';
import { type ScopedEngine, scopedEngine } from '../scope.js';
import { crossEntropy, crossEntropyBackward } from './cross-entropy.js';
import { rmsNorm } from './rms-norm.js';
import { rotate, rotationOf } from './rope.js';

let engine: Engine;
let e: ScopedEngine;
beforeAll(async () => {
  engine = await createEngine({ prefer: 'native', threads: 2 });
  e = scopedEngine(engine);
});
afterEach(() => expect(engine.live()).toBe(0));

/** Waves of different pitch, so that no two tensors are alike. */
function uploaded([rows, columns]: readonly [number, number?], pitch: number): Tensor {
  const values = Float32Array.from({ length: rows * (columns ?? 1) }, (_, i) => Math.sin((i + 1) * pitch));
  return e.upload(values, columns === undefined ? [rows] : [rows, columns]);
}

test('turning keeps lengths, and scores depend on distances only', () => {
  e.tidy(() => {
    const frequencies = inverseFrequencies({ theta: 100, scaling: { type: 'default' } }, 6);
    const [q, k] = [uploaded([1, 6], 1), uploaded([1, 6], 2)];
    const at = (x: Tensor, position: number) => [...e.download(rotate(e, rotationOf(e, frequencies, position, 1), x))];
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    expect(Math.hypot(...at(q, 11))).toBeCloseTo(Math.hypot(...at(q, 0)), 5);
    expect(dot(at(q, 9), at(k, 4))).toBeCloseTo(dot(at(q, 7), at(k, 2)), 5);
    expect(dot(at(q, 9), at(k, 4))).not.toBeCloseTo(dot(at(q, 9), at(k, 2)), 3);
  });
});

describe('extreme values', () => {
  const finite = (x: Tensor) => expect(e.download(x).every(Number.isFinite)).toBe(true);

  test('RMSNorm of zeros, of huge and of tiny rows', () => {
    e.tidy(() => {
      const norm = rmsNorm(e, e.upload(Float32Array.of(1, 1), [2]), 1e-5, 'f32');
      const x = e.upload(Float32Array.of(0, 0, 1e18, -1e18, 1e-20, 1e-20), [3, 2]);
      const [y, saved] = norm.forward(x);
      expect([...e.download(y)]).toEqual([0, 0, 1, -1, expect.closeTo(0, 10), expect.closeTo(0, 10)]);
      finite(norm.backward(saved, e.upload(new Float32Array(6).fill(1), [3, 2])));
    });
  });

  test('SwiGLU saturates without overflow', () => {
    e.tidy(() => {
      const gate = e.upload(Float32Array.of(-1e4, -100, 0, 100, 1e4), [1, 5]);
      const ones = e.upload(new Float32Array(5).fill(1), [1, 5]);
      expect([...e.download(e.swiglu(gate, ones))].map((y) => y + 0)).toEqual([0, expect.closeTo(0), 0, 100, 1e4]);
      const { dGate } = e.swigluBackward(gate, ones, ones);
      expect([...e.download(dGate)].map((y) => y + 0)).toEqual([0, expect.closeTo(0), 0.5, 1, 1]);
    });
  });

  test('attention of enormous scores picks one key and stays finite', () => {
    e.tidy(() => {
      // Two tokens, one head two wide: the second query sees two keys, and wants the first.
      const qkv = e.upload(Float32Array.of(0, 0, 1e6, 0, 1, 2, 1e6, 0, -1e6, 0, 3, 4), [2, 6]);
      const rotation = rotationOf(e, Float64Array.of(0), 0, 2);
      const sizes = { starts: Int32Array.of(0, 2), heads: 1, keyValueHeads: 1 };
      const { z, logSumExp } = e.attention(qkv, rotation, sizes);
      expect([...e.download(z)]).toEqual([1, 2, 1, 2]);
      finite(e.attentionBackward({ qkv, rotation, z, logSumExp }, z, sizes));
    });
  });

  test('cross-entropy of a hopeless label is large, not infinite', () => {
    e.tidy(() => {
      const head = {
        norm: rmsNorm(e, e.upload(Float32Array.of(1, 1), [2]), 1e-5, 'f32'),
        weight: e.pack(e.upload(Float32Array.of(1e4, 0, -1e4, 0), [2, 2])),
      };
      const hidden = e.upload(Float32Array.of(1, 1), [1, 2]);
      const labels = e.upload(Int32Array.of(1), [1]);
      expect(e.download(crossEntropy(e, head, { hidden, labels }))[0]).toBeCloseTo(2e4, -2);
    });
  });
});

test('cross-entropy in chunks equals cross-entropy at once', () => {
  // 2²³ logits at once: a vocabulary of 2²² takes two rows at a time.
  e.tidy(() => {
    const vocabulary = 1 << 22;
    const weight = e.tidy(() =>
      e.pad(uploaded([4, 2], 5), [
        [0, vocabulary - 4],
        [0, 0],
      ]),
    );
    const head = { norm: rmsNorm(e, uploaded([2], 6), 1e-5, 'f32'), weight: e.pack(weight) };
    const hidden = uploaded([5, 2], 7);
    const at = (...rows: number[]) => ({
      hidden: e.gather(hidden, e.upload(Int32Array.from(rows), [rows.length])),
      labels: e.upload(
        Int32Array.from(rows, (row) => row % 4),
        [rows.length],
      ),
    });
    const together = crossEntropyBackward(
      e,
      head,
      at(0, 1, 2, 3, 4),
      e.upload(Float32Array.of(1, 2, 3, 4, 5), [5]),
      false,
    );
    const losses = e.download(together.losses);
    const dHidden = e.download(together.dHidden);
    for (let row = 0; row < 5; row++) {
      const alone = crossEntropyBackward(e, head, at(row), e.upload(Float32Array.of(row + 1), [1]), false);
      expect(e.download(alone.losses)[0]).toBeCloseTo(losses[row], 5);
      const d = e.download(alone.dHidden);
      expect(d).toHaveLength(2);
      for (let i = 0; i < 2; i++) expect(d[i]).toBeCloseTo(dHidden[row * 2 + i], 5);
    }
  });
});
