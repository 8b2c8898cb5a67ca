import { architectureFrom } from '@perfit/lora';
import { type StepsStart, startDigest } from './start-digest.js';

const architecture = architectureFrom(4, [0, 2]);
const values = Float32Array.of(1, 0, -0, 0);
const start: StepsStart = {
  record: {
    state: { shared: { values, architecture } },
    remembered: { control: values },
    received: {},
    searched: 1,
    registered: true,
  },
  searchDue: false,
  residual: [],
};
const { record } = start;
const withState = (state: StepsStart['record']['state']) => ({ ...start, record: { ...record, state } });

test('is the same for the same values, whoever holds them, whatever was searched and composed before', () => {
  const copy = structuredClone(start);
  expect(startDigest(copy)).toBe(startDigest(start));
  const elsewhere = { ...record, searched: 3, registered: false, used: Float32Array.of(9, 9, 9, 9) };
  expect(startDigest({ ...start, record: elsewhere })).toBe(startDigest(start));
});

test.each<[string, StepsStart]>([
  ['the sign of a zero', withState({ shared: { values: Float32Array.of(1, 0, 0, 0), architecture } })],
  ['an architecture', withState({ shared: { values, architecture: architectureFrom(4, [0, 3]) } })],
  ['a second adapter', withState({ ...record.state, personal: record.state.shared })],
  ['the name of a vector', { ...start, record: { ...record, remembered: { momentum: values } } }],
  ['who gave a vector', { ...start, record: { ...record, remembered: {}, received: { control: values } } }],
  ['a search that is due', { ...start, searchDue: true }],
  ['the frozen weights', { ...start, residual: [{ site: 'q', rank: 1, A: values, B: values }] }],
])('depends on %s', (_, other) => {
  expect(startDigest(other)).not.toBe(startDigest(start));
});
