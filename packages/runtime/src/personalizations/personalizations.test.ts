import { createLayout } from '@perfit/lora';
import { createEngine } from '@perfit/tensorflow';
import { testLocalUpdate } from '@perfit/training/testing';
import type { Personalization } from '../contract.js';
import { bestSoFar } from './best-so-far.js';
import { ditto } from './ditto.js';
import { dual } from './dual.js';
import { halves } from './halves.js';
import { moreau } from './moreau.js';
import { none } from './none.js';
import { twoTracks } from './two-tracks.js';

// One site [2, 2] at rank 2: A = θ[0..3], B = θ[4..7] by rows, so that columns of B alternate.
const layout = createLayout([{ name: 'model.layers.0.self_attn.q_proj', layer: 0, in: 2, out: 2, flops: 8 }], 2);
const values = (of: (p: number) => number) => Float32Array.from({ length: layout.size }, (_, p) => of(p));
const [shared, personal] = [values((p) => p), values(() => 8)];
const when = (round: number) => ({ round, rounds: 4 });
const near = (target: Float32Array) => async (candidate: Float32Array) =>
  candidate.reduce((sum, value, p) => sum + Math.abs(value - target[p]!), 0);
const blind = async () => Number.POSITIVE_INFINITY;
/** Nobody else tells anything. */
const compose = (
  personalization: Personalization,
  validate: (candidate: Float32Array) => Promise<number>,
  { beside = personal }: { beside?: Float32Array } = {},
) =>
  personalization.compose({
    layout,
    shared,
    personal: beside,
    validate,
    choose: async (candidates) => {
      const losses = await Promise.all(candidates.map(validate));
      return candidates[losses.indexOf(Math.min(...losses))]!;
    },
  });

test('none and Ditto: one adapter is the shared one, of two the personal one is used', async () => {
  expect(await compose(none(), blind)).toBe(shared);
  expect(await compose(ditto(), blind)).toBe(personal);
  expect(none().phases(when(1))).toHaveLength(1);
  expect(
    ditto()
      .phases(when(1))
      .map(({ adapter, share }) => [adapter, share]),
  ).toEqual([
    ['shared', 1],
    ['personal', 1],
  ]);
});

test('dual: fuses by the weights that validate best, a draw going to the smaller sum; ½ and ½ without rows', async () => {
  const fused = (target: Float32Array) => compose(dual(), near(target));
  expect(await fused(values((p) => 0.5 * 8 + p))).toEqual(values((p) => 4 + p));
  expect(await fused(personal)).toEqual(personal);
  expect(await compose(dual(), blind)).toEqual(values((p) => 4 + 0.5 * p));
});

test('dual: the personal adapter is the first round’s, and synchronised every second round', () => {
  const copies = [1, 2, 3, 4].map((round) => dual({ syncEvery: 2 }).phases(when(round))[0]!.afterwards ?? null);
  expect(copies).toEqual(['copy-to-personal', 'copy-to-personal', null, 'copy-to-personal']);
});

test('halves: α = ¼ weighs the global column of B by 3/2 and the local one by 1/2, and leaves A', async () => {
  const quarter = Float32Array.of(0, 1, 2, 3, 4 * 1.5, 5 * 0.5, 6 * 1.5, 7 * 0.5);
  expect(await compose(halves(), near(quarter), { beside: shared })).toEqual(quarter);
  expect(await compose(halves(), blind, { beside: shared })).toBe(shared);
});

test('halves: the local components take the first half of the steps, the global ones the other', () => {
  const phases = halves().phases(when(1));
  expect(phases.map(({ share }) => share)).toEqual([0.5, 0.5]);
  const [local, global] = phases.map(({ trainable }) => trainable!.positions(layout, 1));
  expect([local!.live, global!.live]).toEqual([4, 4]);
  // Row 0 of A is the global component's.
  expect([local!.bits[0]! & 3, global!.bits[0]! & 3]).toEqual([0, 3]);
});

test('best so far: the mean where it validates best, the old one where the new one is worse, the shared one unseen', async () => {
  const best = (target: Float32Array) => compose(bestSoFar(), near(target));
  expect(await best(values((p) => 4 + p / 2))).toEqual(values((p) => 4 + p / 2));
  expect(await best(personal)).toBe(personal);
  expect(await best(shared)).toBe(shared);
  expect(await compose(bestSoFar(), blind)).toBe(shared);
});

test('two tracks: both take a round’s steps, and the better one by validation rows is used', async () => {
  expect(
    twoTracks()
      .phases(when(1))
      .map(({ adapter, share }) => [adapter, share]),
  ).toEqual([
    ['shared', 1],
    ['personal', 1],
  ]);
  expect(twoTracks().keepsComposition).toBeUndefined();
  for (const pooled of [true, false]) {
    const best = (target: Float32Array) => compose(twoTracks({ pooled }), near(target));
    expect(await best(personal)).toBe(personal);
    expect(await best(shared)).toBe(shared);
    expect(await best(values((p) => 4 + p / 2))).toEqual(values((p) => 4 + p / 2));
  }
});

describe('moreau', () => {
  const rule = moreau({ lambda: 0.5, innerSteps: 2, outerShare: 0.25 }).phases(when(1))[0]!.localUpdate!;
  testLocalUpdate(
    () => rule,
    () => createEngine(),
  );

  test('the gradient gains λ (θ − w), and w goes ηλ of the way to θ after every second step', async () => {
    const engine = await createEngine();
    const up = (...numbers: number[]) => engine.upload(Float32Array.from(numbers), [numbers.length]);
    const [gradient, theta, w] = [up(1, 1), up(4, 8), up(0, 4)];
    const corrected = rule.correct(engine, { gradient, values: theta, anchor: w, vectors: {} });
    expect([...engine.download(corrected)]).toEqual([3, 3]);
    expect(rule.moveAnchor!(engine, { values: theta, anchor: w, step: 1, learningRate: 1 })).toBeUndefined();
    const moved = rule.moveAnchor!(engine, { values: theta, anchor: w, step: 2, learningRate: 1 })!;
    expect([...engine.download(moved)]).toEqual([1, 5]);
    engine.dispose(corrected, theta, w, moved);
  });
});
