import { architectureFrom } from '@perfit/lora';
import { compare } from './client-vectors.js';
import { keepUpload } from './known-change.js';

const at = (...positions: number[]) => architectureFrom(6, positions);
const update = {
  client: 'a',
  mask: at(0, 1, 3),
  architecture: at(0, 1, 3, 5),
  values: Float32Array.of(10, 20, 40),
  examples: 7,
  metrics: {},
};
const sent = { mask: at(1, 2, 5), values: Float32Array.of(4, 5, 6) };

test('a client of an earlier round: what it sent minus what it was sent, where it was sent something', () => {
  const { change, examples } = keepUpload(update, sent);
  expect([change.mask, [...change.values], examples]).toEqual([at(1), [16], 7]);
});

test('a client never seen: minus θ₀ with what it was sent written in', () => {
  const { change } = keepUpload(update, sent, Float32Array.of(1, 1, 1, 1, 1, 1));
  expect([change.mask, [...change.values]]).toEqual([at(0, 1, 3), [9, 16, 39]]);
});

test('keeps nothing of the update', () => {
  const theirs = { ...update, mask: at(0, 1, 3), architecture: at(0, 1, 3, 5), values: update.values.slice() };
  const kept = keepUpload(theirs, sent);
  theirs.values.fill(Number.NaN);
  theirs.mask.bits.fill(0);
  theirs.architecture.bits.fill(0);
  expect(kept).toEqual(keepUpload(update, sent));
});

test('two vectors are compared where both lie', () => {
  const a = { client: 'a', mask: at(0, 2, 3), values: Float32Array.of(9, 1, -2) };
  const b = { client: 'b', mask: at(2, 3, 5), values: Float32Array.of(3, 4, 9) };
  expect(compare(a, b)).toEqual({ both: 2, either: 4, dot: -5, squares: [5, 25], products: 73, apart: 40 });
});
