import { architectureFrom, isLive } from '@perfit/lora';
import { apart, useGoldenAdapter } from '../goldens/golden-adapter.js';
import type { LocalRound, LocalUpdate } from './contract.js';
import { proximalUpdate } from './proximal.js';

const fixture = useGoldenAdapter();

/** Adds the received vector to the gradient, remembers and sends what it saw. */
function witness(log: LocalRound[]): LocalUpdate {
  return {
    name: 'witness',
    receives: ['push'],
    remembers: ['seen'],
    sends: ['change'],
    correct: (engine, { gradient, vectors }) => {
      const sum = engine.add(gradient, vectors.push!);
      engine.dispose(gradient);
      return sum;
    },
    conclude: (round) => {
      log.push(round);
      return { remember: { seen: round.meanGradient }, send: { change: round.vectors.seen! } };
    },
  };
}

test('a rule is given its vectors, 0 where the client has none, and concludes from the mean of the loss’s own gradients', () => {
  const { golden, adapter, trainer, open } = fixture;
  const { gradient } = trainer.statistics(adapter, [golden.batch], ['gradient']);
  const log: LocalRound[] = [];
  const push = adapter.values.map(() => 1e6);
  const session = open({ localUpdate: witness(log), vectors: { push } });
  session.step(golden.batch, 0);
  session.step(golden.batch, 0);
  const { remember, send } = session.conclude();
  // The push is no part of it.
  expect(apart(remember!.seen!, gradient)).toBeLessThan(1e-5);
  expect(send!.change!.every((value) => value === 0)).toBe(true);
  expect(log[0]).toMatchObject({ steps: 2, start: adapter.values, vectors: { push } });
  session.dispose();
});

test('the vectors steer: with a push far above the gradient every live value falls by the learning rate', () => {
  const { golden, adapter, open } = fixture;
  const even = architectureFrom(adapter.values.length, (p) => p % 2 === 0);
  const session = open({
    state: { values: adapter.values, architecture: even },
    localUpdate: witness([]),
    vectors: { push: adapter.values.map(() => 1e6) },
  });
  session.step(golden.batch, 0.5);
  const values = session.values();
  for (let p = 0; p < values.length; p += 97)
    expect(values[p]).toBeCloseTo(isLive(even, p) ? adapter.values[p]! - 0.5 : 0, 3);
  session.dispose();
});

test('a session without a conclusion sums nothing, and concludes nothing', () => {
  const { golden, open } = fixture;
  const session = open();
  session.step(golden.batch, 1e-3);
  expect(session.conclude()).toEqual({});
  session.dispose();
});

test('an anchor other than the start pulls from the first step, and may move', () => {
  const { golden, adapter, open } = fixture;
  const anchor = adapter.values.map((value) => value + 1);
  const still = open({ localUpdate: proximalUpdate({ mu: 1e6 }), anchor });
  still.step(golden.batch, 0.25);
  expect(still.values()[0]).toBeCloseTo(adapter.values[0]! + 0.25, 3);
  expect(still.anchor()).toEqual(anchor);
  still.dispose();

  const follows: LocalUpdate = {
    name: 'follows',
    correct: (_, { gradient }) => gradient,
    moveAnchor: (engine, { values, step }) => (step === 2 ? engine.cast(values, 'f32') : undefined),
  };
  const moving = open({ localUpdate: follows, anchor });
  moving.step(golden.batch, 1e-2);
  expect(moving.anchor()).toEqual(anchor);
  moving.step(golden.batch, 1e-2);
  expect(moving.anchor()).toEqual(moving.values());
  moving.dispose();
});
