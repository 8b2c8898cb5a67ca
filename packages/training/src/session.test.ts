import { makeBatch } from '@perfit/datasets';
import { architectureFrom, fullArchitecture, isLive } from '@perfit/lora';
import fc from 'fast-check';
import { apart, code, useGoldenAdapter } from '../goldens/golden-adapter.js';
import { adamwDefaults } from './adamw.js';
import type { SessionOptions } from './contract.js';
import { proximalUpdate } from './proximal.js';
import { createTrainer } from './trainer.js';

const fixture = useGoldenAdapter();
const { open } = fixture;
const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('steps learn, and the loss of a step is the mean of the losses before it', () => {
  const session = open();
  const start = mean(session.losses(fixture.golden.batch));
  expect(session.step(fixture.golden.batch, 1e-2)).toBeCloseTo(start, 5);
  for (let step = 0; step < 10; step++) session.step(fixture.golden.batch, 1e-2);
  expect(mean(session.losses(fixture.golden.batch))).toBeLessThan(0.8 * start);
  session.dispose();
});

test('neither steps nor a search leave tensors behind', () => {
  const session = open({ optimizer: { ...adamwDefaults, weightDecay: 0.1, clip: 1 } });
  const { size } = fixture.golden.adapter.layout;
  const alive = [0, 1, 2].map((round) => {
    session.gather(['gradient', 'fisher']);
    session.step(fixture.golden.batch, 1e-3);
    session.step(fixture.golden.batch, 1e-3);
    session.statistics();
    session.losses(fixture.golden.batch);
    session.prune(architectureFrom(size, (p) => p % 5 > round));
    return fixture.golden.engine.live();
  });
  expect(alive).toEqual([alive[0], alive[0], alive[0]]);
  session.dispose();
});

test('the gradient is that of finite differences, along it and along a random direction', () => {
  const { layout } = fixture.golden.adapter;
  const { gradient } = fixture.trainer.statistics(fixture.adapter, [fixture.golden.batch], ['gradient']);
  const session = open();
  const lossAt = (direction: Float32Array, step: number) => {
    session.write(fixture.adapter.values.map((value, p) => value + step * direction[p]!));
    return (
      session.losses(fixture.golden.batch).reduce((sum, value) => sum + value, 0) / fixture.golden.batch.labels.length
    );
  };
  const norm = Math.hypot(...gradient);
  const random = Float32Array.from({ length: layout.size }, (_, p) => Math.sin(p * 12.9898) / Math.sqrt(layout.size));
  for (const direction of [gradient.map((value) => value / norm), random]) {
    const slope = direction.reduce((sum, value, p) => sum + value * gradient[p]!, 0);
    const measured = (lossAt(direction, 5e-3) - lossAt(direction, -5e-3)) / 1e-2;
    expect(Math.abs(measured - slope)).toBeLessThan(2e-3 * norm);
  }
  session.dispose();
});

test('pruned positions are exactly 0 through steps, decay, another prune and a write', () => {
  const { size } = fixture.golden.adapter.layout;
  fc.assert(
    fc.property(
      fc.array(fc.nat(size - 1), { maxLength: 400 }),
      fc.array(fc.nat(size - 1), { maxLength: 400 }),
      (a, b) => {
        const first = architectureFrom(size, (p) => !a.includes(p));
        const second = architectureFrom(size, (p) => isLive(first, p) && !b.includes(p));
        const session = open({
          state: { values: fixture.adapter.values, architecture: first },
          optimizer: { ...adamwDefaults, weightDecay: 0.1, clip: 1 },
        });
        session.gather(['gradient', 'fisher']);
        session.step(fixture.golden.batch, 1e-2);
        const { gradient, fisher } = session.statistics();
        for (const p of a) expect([session.values()[p], gradient[p], fisher![p]]).toEqual([0, 0, 0]);
        session.prune(second);
        for (const p of b) expect(session.values()[p]).toBe(0);
        // Were a moment left alive, the next step would move a pruned value although its gradient is 0.
        session.step(fixture.golden.batch, 1e-2);
        session.write(session.values().fill(1, 0, 10));
        session.step(fixture.golden.batch, 1e-2);
        for (const p of [...a, ...b]) expect(session.values()[p]).toBe(0);
        expect(session.architecture()).toBe(second);
        session.dispose();
      },
    ),
    { numRuns: 5 },
  );
});

test('moments of pruned positions are gone: a position that comes back starts like a new one', () => {
  const { size } = fixture.golden.adapter.layout;
  const session = open({ optimizer: { ...adamwDefaults, beta1: 0.9 } });
  session.step(fixture.golden.batch, 1e-2);
  session.prune(architectureFrom(size, (p) => p !== 7));
  session.prune(fullArchitecture(size));
  session.gather(['gradient']);
  session.step(fixture.golden.batch, 1e-3);
  const g = session.statistics().gradient[7]!;
  const [m, v] = [(0.1 * g) / (1 - 0.9 ** 2), (0.001 * g * g) / (1 - 0.999 ** 2)];
  expect(session.values()[7]! / ((-1e-3 * m) / (Math.sqrt(v) + 1e-8))).toBeCloseTo(1, 3);
  session.dispose();
});

test('only trainable positions move, also under weight decay', () => {
  const { layout } = fixture.golden.adapter;
  const onlyB = architectureFrom(layout.size, (p) =>
    layout.slots.some(({ factor, offset, size }) => factor === 'B' && p >= offset && p < offset + size),
  );
  const session = open({ trainable: onlyB, optimizer: { ...adamwDefaults, weightDecay: 0.1 } });
  session.step(fixture.golden.batch, 1e-2);
  expect(session.gradientNorms().A).toBe(0);
  expect(session.gradientNorms().B).toBeGreaterThan(0);
  const values = session.values();
  for (let p = 0; p < layout.size; p++)
    expect(values[p] === Math.fround(fixture.adapter.values[p]!)).toBe(!isLive(onlyB, p));
  session.dispose();
});

test('the same steps give the same bits, with and without a full trainable mask', () => {
  const run = (options: Partial<SessionOptions>) => {
    const session = open(options);
    const losses = [1, 2, 3].map(() => session.step(fixture.golden.batch, 1e-2));
    const values = session.values();
    session.dispose();
    return { losses, values };
  };
  const once = run({});
  expect(run({})).toEqual(once);
  expect(run({ trainable: fullArchitecture(fixture.golden.adapter.layout.size) })).toEqual(once);
});

test('F is the mean over the examples of the squared gradient of each alone; g that of all', () => {
  const { layout } = fixture.golden.adapter;
  const together = fixture.trainer.statistics(fixture.adapter, [fixture.golden.batch], ['gradient', 'fisher']);
  const fisher = new Float64Array(layout.size);
  for (const example of fixture.golden.examples) {
    const { gradient } = fixture.trainer.statistics(fixture.adapter, [makeBatch([example])], ['gradient']);
    gradient.forEach((value, p) => {
      fisher[p]! += value ** 2 / fixture.golden.examples.length;
    });
  }
  expect(apart(together.fisher!, Float32Array.from(fisher))).toBeLessThan(1e-5);
  expect(fixture.trainer.statistics(fixture.adapter, [fixture.golden.batch], ['gradient']).fisher).toBeUndefined();
});

test('rows cut into several batches give the statistics of one', () => {
  const [one, ...rest] = fixture.golden.examples;
  const cut = fixture.trainer.statistics(fixture.adapter, [makeBatch([one!]), makeBatch(rest)], ['gradient', 'fisher']);
  const whole = fixture.trainer.statistics(fixture.adapter, [fixture.golden.batch], ['gradient', 'fisher']);
  expect(apart(cut.gradient, whole.gradient)).toBeLessThan(1e-5);
  expect(apart(cut.fisher!, whole.fisher!)).toBeLessThan(1e-5);
});

test('a session gathers the mean over its batches, before clipping, and the values after the last step', () => {
  const [a, b] = [makeBatch(fixture.golden.examples.slice(0, 1)), makeBatch(fixture.golden.examples.slice(1, 3))];
  const session = open({ optimizer: { ...adamwDefaults, clip: 1e-3 } });
  session.gather(['gradient', 'fisher']);
  session.step(a, 0);
  session.step(b, 0);
  const found = session.statistics();
  expect(found.values).toEqual(session.values());
  const [ofA, ofB] = [a, b].map((batch) =>
    fixture.trainer.statistics(fixture.adapter, [batch], ['gradient', 'fisher']),
  );
  expect(
    apart(
      found.gradient,
      ofA!.gradient.map((value, p) => (value + ofB!.gradient[p]!) / 2),
    ),
  ).toBeLessThan(1e-6);
  expect(
    apart(
      found.fisher!,
      ofA!.fisher!.map((value, p) => (value + 2 * ofB!.fisher![p]!) / 3),
    ),
  ).toBeLessThan(1e-6);
  expect(() => session.statistics()).toThrow(code('not-gathering'));
  session.gather(['gradient']);
  expect(() => session.statistics()).toThrow(code('not-gathering'));
  session.dispose();
});

test('FedProx pulls back to where the session started', () => {
  const far = (mu: number) => {
    const session = open({ localUpdate: proximalUpdate({ mu }) });
    for (let step = 0; step < 5; step++) session.step(fixture.golden.batch, 1e-2);
    const moved = session.values().reduce((sum, value, p) => sum + (value - fixture.adapter.values[p]!) ** 2, 0);
    session.dispose();
    return moved;
  };
  const free = far(0);
  expect(far(1)).toBeLessThan(0.9 * free);
  const session = open();
  for (let step = 0; step < 5; step++) session.step(fixture.golden.batch, 1e-2);
  expect(session.values().reduce((sum, value, p) => sum + (value - fixture.adapter.values[p]!) ** 2, 0)).toBe(free);
  session.dispose();
});

test('a loss that is not finite is refused, and the values stay', () => {
  const session = open();
  session.step(fixture.golden.batch, 1e-3);
  const kept = session.values();
  const huge = kept.map((value) => value * 1e30);
  session.write(huge);
  expect(() => session.step(fixture.golden.batch, 1e-3)).toThrow(code('loss-not-finite'));
  expect(session.values()).toEqual(huge);
  session.write(kept);
  expect(session.step(fixture.golden.batch, 1e-3)).toBeGreaterThan(0);
  session.write(kept.map(() => Number.NaN));
  expect(() => session.values()).toThrow(code('values-not-finite'));
  session.dispose();
});

test('refuses what it cannot train on', () => {
  const { engine, backbone, batch } = fixture.golden;
  const { layout } = fixture.golden.adapter;
  const session = open();
  const none = { labels: new Int32Array(0), lossPositions: new Int32Array(0), lossExamples: new Int32Array(0) };
  expect(() => session.step({ ...batch, ...none }, 1e-3)).toThrow(code('no-loss-tokens'));
  expect(() => fixture.trainer.statistics(fixture.adapter, [], ['gradient'])).toThrow(code('no-loss-tokens'));
  expect(() => session.step(batch, -1)).toThrow(code('bad-option'));
  expect(() => session.write(new Float32Array(3))).toThrow(expect.objectContaining({ code: 'lora/size-mismatch' }));
  expect(() => session.prune(fullArchitecture(3))).toThrow(expect.objectContaining({ code: 'lora/size-mismatch' }));
  session.dispose();
  session.dispose();
  expect(() => session.losses(batch)).toThrow(code('disposed'));
  const stranger = { ...layout, sites: [{ ...layout.sites[0]!, out: 1 }] };
  expect(() => createTrainer({ engine, backbone, layout: stranger, scale: 1 })).toThrow(code('unknown-site'));
  expect(() => createTrainer({ engine, backbone, layout, scale: Number.NaN })).toThrow(code('bad-option'));
});
