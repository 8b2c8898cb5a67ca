/// <reference types="jest" />
import { sampleLayout } from '@perfit/lora/testing';
import type { Personalization } from '@perfit/runtime';

/**
 * The contract of every {@link Personalization}, as a jest suite: trainings of the adapters that it has, decided by the
 * round alone; a composition of the adapter's length, finite, that leaves both adapters as they are.
 *
 * @param make makes the personalisation; called for every test.
 */
export function testPersonalization(make: () => Personalization): void {
  const layout = sampleLayout(4);
  const draw = (seed: number) => Float32Array.from({ length: layout.size }, (_, p) => Math.sin(seed + 3 * p));
  const when = [1, 2, 3, 10].map((round) => ({ round, rounds: 10 }));
  const plan = (personalization: Personalization, round: (typeof when)[number]) =>
    personalization.phases(round).map(({ adapter, share, anchor, afterwards, trainable, localUpdate }) => ({
      ...{ adapter, share, anchor, afterwards, localUpdate: localUpdate?.name },
      trainable: trainable?.positions(layout, round.round),
    }));
  const compose = async (validate: (candidate: Float32Array) => Promise<number>) => {
    const [shared, personal] = [draw(1), make().secondAdapter ? draw(2) : draw(1)];
    const choose = async (candidates: readonly Float32Array[]) => {
      const losses = await Promise.all(candidates.map(validate));
      return candidates[losses.indexOf(Math.min(...losses))]!;
    };
    const values = await make().compose({ layout, shared, personal, validate, choose });
    expect([[...shared], [...personal]]).toEqual([[...draw(1)], make().secondAdapter ? [...draw(2)] : [...draw(1)]]);
    return values;
  };

  test('trains adapters that it has, by shares of the round’s steps', () => {
    for (const round of when) {
      const phases = make().phases(round);
      expect(phases.length).toBeGreaterThan(0);
      for (const { adapter, share, afterwards } of phases) {
        expect(['shared', 'personal']).toContain(adapter);
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThanOrEqual(1);
        if (adapter === 'personal' || afterwards === 'copy-to-personal') expect(make().secondAdapter).toBe(true);
      }
    }
  });

  test('its trainings are decided by the round alone', () => {
    const one = make();
    const inOrder = when.map((round) => plan(one, round));
    expect(
      [...when]
        .reverse()
        .map((round) => plan(one, round))
        .reverse(),
    ).toEqual(inOrder);
    expect(when.map((round) => plan(make(), round))).toEqual(inOrder);
  });

  test.each(['without validation rows', 'with validation rows'])('composes finite values [P] %s', async (name) => {
    const validate = async ([first = 0]: Float32Array) =>
      name === 'with validation rows' ? Math.abs(first) : Infinity;
    const values = await compose(validate);
    expect(values).toHaveLength(layout.size);
    expect(values.every(Number.isFinite)).toBe(true);
    expect([...(await compose(validate))]).toEqual([...values]);
  });
}
