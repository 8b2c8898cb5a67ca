import { makeBatch } from '@perfit/datasets';
import { architectureFrom, emptyArchitecture, isLive, slotsBySite } from '@perfit/lora';
import { apart, code, useGoldenAdapter } from '../goldens/golden-adapter.js';
import { adamwDefaults } from './adamw.js';
import type { Session, SessionOptions } from './contract.js';
import { proximalUpdate } from './proximal.js';
import { createTrainer } from './trainer.js';

const fixture = useGoldenAdapter();
const { open } = fixture;

/** Batches of other lengths and numbers of examples. */
function batches() {
  const { vocabulary } = fixture.golden.backbone.config;
  const example = (seed: number, length: number, promptLength: number) => ({
    ids: Int32Array.from({ length }, (_, t) => (seed * 31 + t * t * 7) % vocabulary),
    promptLength,
  });
  return [
    fixture.golden.batch,
    makeBatch([example(1, 9, 3)]),
    makeBatch([example(2, 5, 4), example(3, 12, 1), example(4, 3, 2)]),
    makeBatch([example(5, 7, 2), example(6, 7, 5)]),
  ];
}

/** Sessions that differ in everything that may differ between clients. */
function sessions(): Session[] {
  const { layout } = fixture.golden.adapter;
  const upper = new Uint8Array(layout.size);
  for (const { site, A, B } of slotsBySite(layout))
    if (site.layer > 0 && !site.name.endsWith('q_proj')) {
      upper.fill(1, A.offset, A.offset + A.size);
      upper.fill(1, B.offset, B.offset + B.size);
    }
  const scaled = (by: number) => fixture.adapter.values.map((value) => value * by);
  const clients: readonly Partial<SessionOptions>[] = [
    { optimizer: { ...adamwDefaults, weightDecay: 0.1, clip: 1 } },
    { state: { values: scaled(0.5), architecture: architectureFrom(layout.size, (p) => upper[p] === 1) } },
    { state: { values: scaled(2), architecture: architectureFrom(layout.size, (p) => p % 3 !== 0) } },
    { localUpdate: proximalUpdate({ mu: 0.5 }) },
  ];
  return clients.map((options) => open(options));
}

describe('stepTogether', () => {
  test('is what each session does on its own, up to rounding: losses, statistics, values, also after a prune', () => {
    const [alone, together] = [sessions(), sessions()];
    const all = batches();
    const { size } = fixture.golden.adapter.layout;
    const gathering = [alone, together];
    const check = () => {
      for (const [index, session] of alone.entries())
        expect(apart(together[index]!.values(), session.values())).toBeLessThan(1e-4);
    };
    for (const group of gathering)
      for (const [index, session] of group.entries()) if (index !== 3) session.gather(['gradient', 'fisher']);
    for (let step = 0; step < 3; step++) {
      const rates = all.map((_, index) => 1e-3 * (index + 1));
      const expected = alone.map((session, index) => session.step(all[index]!, rates[index]!));
      const losses = fixture.trainer.stepTogether(
        together.map((session, index) => ({ session, batch: all[index]!, learningRate: rates[index]! })),
      );
      for (const [index, loss] of losses.entries()) expect(loss / expected[index]!).toBeCloseTo(1, 5);
    }
    check();
    for (const index of [0, 1, 2]) {
      const [own, other] = [alone[index]!.statistics(), together[index]!.statistics()];
      expect(apart(other.gradient, own.gradient)).toBeLessThan(1e-3);
      expect(apart(other.fisher!, own.fisher!)).toBeLessThan(1e-3);
    }
    for (const group of gathering) group[0]!.prune(architectureFrom(size, (p) => p % 2 === 0));
    const expected = alone.slice(0, 2).map((session, index) => session.step(all[index]!, 1e-3));
    const losses = fixture.trainer.stepTogether(
      together.slice(0, 2).map((session, index) => ({ session, batch: all[index]!, learningRate: 1e-3 })),
    );
    for (const [index, loss] of losses.entries()) expect(loss / expected[index]!).toBeCloseTo(1, 5);
    check();
    for (const session of [...alone, ...together]) session.dispose();
  });

  test('one that another group member has nothing in common with learns as it does alone', () => {
    const { size } = fixture.golden.adapter.layout;
    const nothing = open({ state: { values: new Float32Array(size), architecture: emptyArchitecture(size) } });
    const [alone, together] = [open(), open()];
    const [batch, other] = batches() as [ReturnType<typeof batches>[0], ReturnType<typeof batches>[0]];
    for (let step = 0; step < 2; step++) {
      alone.step(batch, 1e-2);
      fixture.trainer.stepTogether([
        { session: nothing, batch: other, learningRate: 1e-2 },
        { session: together, batch, learningRate: 1e-2 },
      ]);
    }
    expect(apart(together.values(), alone.values())).toBeLessThan(1e-4);
    expect(nothing.values().every((value) => value === 0)).toBe(true);
    for (const session of [nothing, alone, together]) session.dispose();
  });

  test('the same steps in the same company give the same bits', () => {
    const all = batches();
    const [first, second] = [1, 2].map(() => {
      const group = sessions();
      const steps = group.map((session, index) => ({ session, batch: all[index]!, learningRate: 1e-2 }));
      for (let step = 0; step < 2; step++) fixture.trainer.stepTogether(steps);
      const values = group.map((session) => session.values());
      for (const session of group) session.dispose();
      return values;
    });
    expect(first).toEqual(second);
  });

  test('leaves no tensors behind, also where one of them fails', () => {
    const group = sessions();
    const all = batches();
    const steps = group.map((session, index) => ({ session, batch: all[index]!, learningRate: 1e-3 }));
    fixture.trainer.stepTogether(steps);
    const live = fixture.golden.engine.live();
    fixture.trainer.stepTogether(steps);
    expect(fixture.golden.engine.live()).toBe(live);
    const { size } = fixture.golden.adapter.layout;
    const before = [0, 2].map((index) => group[index]!.values());
    group[1]!.write(new Float32Array(size).fill(1e30));
    expect(() => fixture.trainer.stepTogether(steps)).toThrow(code('loss-not-finite'));
    expect(fixture.golden.engine.live()).toBe(live);
    // Those before it have moved, those after it have not.
    expect(group[0]!.values()).not.toEqual(before[0]);
    expect(group[2]!.values()).toEqual(before[1]);
    for (const session of group) session.dispose();
  });

  test('refuses a session twice, and one of another trainer', () => {
    const { engine, backbone, adapter } = fixture.golden;
    const stranger = createTrainer({ engine, backbone, layout: adapter.layout, scale: adapter.scale });
    const [own, foreign] = [open(), open({}, stranger)];
    const step = (session: Session) => ({ session, batch: fixture.golden.batch, learningRate: 1e-3 });
    expect(() => fixture.trainer.stepTogether([step(own), step(own)])).toThrow(code('bad-steps'));
    expect(() => fixture.trainer.stepTogether([step(own), step(foreign)])).toThrow(code('bad-steps'));
    for (const session of [own, foreign]) session.dispose();
    stranger.dispose();
  });

  test('an update that a pruned position would get stays 0', () => {
    const { size } = fixture.golden.adapter.layout;
    const architecture = architectureFrom(size, (p) => p % 5 > 1);
    const masked = open({ state: { values: fixture.adapter.values, architecture } });
    const [batch, other] = batches() as [ReturnType<typeof batches>[0], ReturnType<typeof batches>[0]];
    const full = open();
    for (let step = 0; step < 3; step++)
      fixture.trainer.stepTogether([
        { session: masked, batch, learningRate: 1e-2 },
        { session: full, batch: other, learningRate: 1e-2 },
      ]);
    const values = masked.values();
    for (let p = 0; p < size; p++) if (!isLive(architecture, p)) expect(values[p]).toBe(0);
    for (const session of [masked, full]) session.dispose();
  });
});
