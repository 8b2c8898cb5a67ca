import { createEngine, type Engine, type Tensor } from '@perfit/tensorflow';
import { scopedEngine } from './scope.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ prefer: 'native', threads: 2 });
});
afterEach(() => expect(engine.live()).toBe(0));

const one = () => engine.upload(Float32Array.of(1), [1]);

test('ends what the body made, but for its result', () => {
  const e = scopedEngine(engine);
  const x = one();
  const { sum, parts } = e.tidy(() => {
    e.neg(x);
    return { sum: e.add(x, e.square(x)), parts: [e.neg(x)] };
  });
  expect(engine.live()).toBe(3);
  expect(engine.download(sum)[0]).toBe(2);
  engine.dispose(x, sum, ...parts);
});

test('results of an inner body belong to the outer one', () => {
  const e = scopedEngine(engine);
  const x = one();
  e.tidy(() => {
    const y = e.tidy(() => e.neg(x));
    expect(engine.download(y)[0]).toBe(-1);
  });
  expect(engine.live()).toBe(1);
  engine.dispose(x);
});

test('a borrowed tensor stays, also as the result', () => {
  const e = scopedEngine(engine);
  const x = one();
  e.tidy(() => {
    expect(e.tidy(() => e.as(x, 'f32'))).toBe(x);
  });
  expect(engine.download(x)[0]).toBe(1);
  engine.dispose(x);
});

test('an error ends everything', () => {
  const e = scopedEngine(engine);
  const x = one();
  expect(() =>
    e.tidy(() => {
      const y = e.tidy(() => e.neg(x));
      e.own(engine.neg(y));
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(engine.live()).toBe(1);
  engine.dispose(x);
});

test('owned, released and disposed tensors are ended once, by whom it was told', () => {
  const e = scopedEngine(engine);
  let released: Tensor | undefined;
  e.tidy(() => {
    const foreign = e.own([one(), { inside: one() }]);
    expect(foreign).toHaveLength(2);
    e.tidy(() => {
      released = e.release(e.neg(foreign[0] as Tensor));
      e.dispose(foreign[0] as Tensor);
    });
  });
  expect(engine.live()).toBe(1);
  engine.dispose(released);
});
