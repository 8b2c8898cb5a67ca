import { createEngine, type Engine } from '@perfit/tensorflow';
import { adamw, adamwDefaults, checkOptimizer, startMoments } from './adamw.js';
import type { OptimizerOptions } from './contract.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ prefer: 'native', threads: 2 });
});
afterEach(() => expect(engine.live()).toBe(0));

/** AdamW in f64, one position at a time. */
function reference(start: number[], gradients: number[][], rate: number, options: OptimizerOptions, decays?: number[]) {
  const { beta1, beta2, epsilon, weightDecay } = options;
  const [w, m, v] = [[...start], start.map(() => 0), start.map(() => 0)];
  gradients.forEach((gradient, index) => {
    const t = index + 1;
    gradient.forEach((g, p) => {
      w[p]! *= 1 - rate * weightDecay * (decays?.[p] ?? 1);
      m[p] = beta1 * m[p]! + (1 - beta1) * g;
      v[p] = beta2 * v[p]! + (1 - beta2) * g * g;
      w[p]! -= ((rate / (1 - beta1 ** t)) * m[p]!) / (Math.sqrt(v[p]!) / Math.sqrt(1 - beta2 ** t) + epsilon);
    });
  });
  return w;
}

function run(start: number[], gradients: number[][], rate: number, options: OptimizerOptions, decays?: number[]) {
  const size = start.length;
  let values = engine.upload(Float32Array.from(start), [size]);
  let moments = startMoments(engine, size);
  const where = decays && engine.upload(Float32Array.from(decays), [size]);
  for (const each of gradients) {
    const gradient = engine.upload(Float32Array.from(each), [size]);
    const next = adamw(engine, { values, gradient, moments, learningRate: rate, options, decays: where });
    engine.dispose(values, gradient, moments.first, moments.second);
    ({ values, moments } = next);
  }
  const [host, first, second] = [values, moments.first, moments.second].map((tensor) => [...engine.download(tensor)]);
  engine.dispose(values, moments.first, moments.second, where);
  return { host: host!, first: first!, second: second! };
}

const start = [0.5, -1, 2, 0, 1e-3];
const gradients = [
  [0.1, -20, 1e-4, 0, 3],
  [0.2, 5, -1e-4, 0, -3],
  [-0.3, 1, 1e-8, 0, 1],
];

test.each([
  ['plain', adamwDefaults, undefined],
  ['with decay', { ...adamwDefaults, weightDecay: 0.1 }, undefined],
  ['with decay on some positions', { ...adamwDefaults, weightDecay: 0.1 }, [1, 0, 1, 0, 1]],
  ['with other betas', { ...adamwDefaults, beta1: 0, beta2: 0.9, epsilon: 1e-3 }, undefined],
])('%s: three steps are those of the formula', (_name, options, decays) => {
  const want = reference(start, gradients, 0.01, options, decays);
  run(start, gradients, 0.01, options, decays).host.forEach((value, p) => {
    expect(value).toBeCloseTo(want[p]!, 5);
  });
});

test('a position whose gradient is always 0 keeps moments and value of exactly 0', () => {
  const { host, first, second } = run(start, gradients, 0.01, { ...adamwDefaults, weightDecay: 0.1 });
  expect([host[3], first[3], second[3]].map(Math.abs)).toEqual([0, 0, 0]);
});

test('a learning rate of 0 changes nothing but the moments', () => {
  expect(run(start, gradients, 0, adamwDefaults).host).toEqual([...Float32Array.from(start)]);
});

test.each([
  { beta1: 1 },
  { beta2: -0.1 },
  { epsilon: 0 },
  { weightDecay: -1 },
  { clip: Number.NaN },
  { clip: Number.POSITIVE_INFINITY },
])('refuses %p', (wrong) => {
  expect(() => checkOptimizer({ ...adamwDefaults, ...wrong })).toThrow(
    expect.objectContaining({ code: 'training/bad-option' }),
  );
});
