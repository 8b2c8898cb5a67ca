import { fullArchitecture, lowRankFactors, symmetric } from '@perfit/lora';
import { frozenProjector } from '@perfit/models';
import { apart, code, useGoldenAdapter } from '../goldens/golden-adapter.js';
import { createTrainer } from './trainer.js';

const fixture = useGoldenAdapter();

test('a symmetric start, and a start that is subtracted, leave the frozen model as it was (law 7)', () => {
  const { golden, adapter, open } = fixture;
  const { engine, backbone, batch } = golden;
  const { layout, scale } = golden.adapter;
  const tensor = backbone.losses(batch, frozenProjector(engine));
  const frozen = engine.download(tensor) as Float32Array;
  engine.dispose(tensor);
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 48271) >>> 0) % 2147483647;
    return state / 2147483647;
  };
  const start = symmetric({}).initialize({ layout, random, scale, frozen: backbone.frozen });
  const twins = open({ state: { values: start.values, architecture: fullArchitecture(layout.size) } });
  expect(apart(twins.losses(batch), frozen)).toBeLessThan(1e-5);
  twins.dispose();

  const subtracting = createTrainer({
    engine,
    backbone,
    layout,
    scale,
    start: { values: adapter.values, subtracted: true },
  });
  const session = open({}, subtracting);
  expect(apart(session.losses(batch), frozen)).toBeLessThan(1e-5);
  session.step(batch, 1e-2);
  expect(apart(session.losses(batch), frozen)).toBeGreaterThan(1e-4);
  session.dispose();
  subtracting.dispose();
});

test('a residual of the frozen weights works like an adapter, until another takes its place', () => {
  const { golden, adapter, open } = fixture;
  const { engine, backbone, batch } = golden;
  const { layout, scale } = golden.adapter;
  const session = open();
  const want = session.losses(batch);
  session.dispose();
  const folding = createTrainer({ engine, backbone, layout, scale });
  const zero = { values: new Float32Array(layout.size), architecture: fullArchitecture(layout.size) };
  const frozen = open({ state: zero }, folding);
  const untouched = frozen.losses(batch);
  const factors = lowRankFactors(layout, adapter.values, scale);
  folding.setResidual(factors.slice(0, 5));
  const some = frozen.losses(batch);
  // Two factors of one site add up.
  const halves = factors.map((factor) => ({ ...factor, B: factor.B.map((value) => value / 2) }));
  folding.setResidual([...halves, ...halves]);
  expect(apart(frozen.losses(batch), want)).toBeLessThan(1e-5);
  expect(apart(untouched, want)).toBeGreaterThan(1e-3);
  expect(apart(some, want)).toBeGreaterThan(1e-3);
  expect(() => folding.setResidual([{ ...factors[0]!, site: 'elsewhere' }])).toThrow(code('bad-factor'));
  expect(() => folding.setResidual([{ ...factors[0]!, rank: 3 }])).toThrow(code('bad-factor'));
  folding.setResidual([]);
  expect(apart(frozen.losses(batch), untouched)).toBe(0);
  frozen.dispose();
  folding.dispose();
});
