import { architectureFrom, createLayout } from '@perfit/lora';
import { createEngine } from '@perfit/tensorflow';
import { apart, useGoldenAdapter } from '../goldens/golden-adapter.js';
import { scaffoldUpdate } from './scaffold.js';
import { testLocalUpdate } from './testing.js';

const openEngine = () => createEngine({ prefer: 'native', threads: 2 });
testLocalUpdate(scaffoldUpdate, openEngine);

const fixture = useGoldenAdapter();

test('a step follows g − c_i + c', async () => {
  const engine = await openEngine();
  const up = (...values: number[]) => engine.upload(Float32Array.from(values), [values.length]);
  const vectors = { control: up(10, 0), ownControl: up(4, 5) };
  const [values, anchor] = [up(0, 0), up(0, 0)];
  const result = scaffoldUpdate().correct(engine, { gradient: up(1, 2), values, anchor, vectors });
  expect([...engine.download(result)]).toEqual([7, -3]);
  engine.dispose(result, values, anchor, ...Object.values(vectors));
});

const layout = createLayout([{ name: 'q_proj', layer: 0, in: 1, out: 2, flops: 4 }], 1);
const conclude = (steps: number, meanGradient: number[]) =>
  scaffoldUpdate().conclude!({
    layout,
    architecture: architectureFrom(3, [0, 2]),
    start: Float32Array.of(9, 0, 9),
    values: Float32Array.of(8, 0, 8),
    meanGradient: Float32Array.from(meanGradient),
    steps,
    vectors: { control: Float32Array.of(100, 0, 100), ownControl: Float32Array.of(1, 0, -2) },
  });

test('by hand: the new own control is the mean gradient inside the architecture, and its change is sent', () => {
  const { remember, send } = conclude(4, [3, 7, 5]);
  expect([...remember!.ownControl!]).toEqual([3, 0, 5]);
  expect([...send!.controlChange!]).toEqual([2, 0, 7]);
});

test('a round without a step changes no control', () => {
  const { remember, send } = conclude(0, [0, 0, 0]);
  expect([...remember!.ownControl!]).toEqual([1, 0, -2]);
  expect([...send!.controlChange!]).toEqual([0, 0, 0]);
});

test('under plain steps the mean gradient is the paper’s option II, c_i − c + (x − y) / (K η)', () => {
  // f(w) = ½ · 2 (w − 3)² from x = 0, c = 1, c_i = −2, two steps of ¼.
  const [c, own, rate] = [1, -2, 0.25];
  let w = 0;
  const gradients = [1, 2].map(() => {
    const gradient = 2 * (w - 3);
    w -= rate * (gradient - own + c);
    return gradient;
  });
  expect(gradients).toEqual([-6, -4.5]); // w: 0, ¾, 1.125
  expect(w).toBe(1.125);
  expect(own - c + (0 - w) / (2 * rate)).toBe((-6 - 4.5) / 2);
});

test('in a session: the control that a client remembers is the mean of its own gradients', () => {
  const { golden, adapter, trainer, open } = fixture;
  const { gradient } = trainer.statistics(adapter, [golden.batch], ['gradient']);
  const control = adapter.values.map(() => 0.5);
  const session = open({ localUpdate: scaffoldUpdate(), vectors: { control } });
  session.step(golden.batch, 0);
  const { remember, send } = session.conclude();
  expect(apart(remember!.ownControl!, gradient)).toBeLessThan(1e-5);
  expect(send!.controlChange).toEqual(remember!.ownControl);
  session.dispose();
});
