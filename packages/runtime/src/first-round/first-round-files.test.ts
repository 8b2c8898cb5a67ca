import { mkdtempSync, readdirSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { architectureFrom } from '@perfit/lora';
import type { FirstRound } from './first-round.js';
import { firstRoundFiles } from './first-round-files.js';

const fresh = () => mkdtempSync(join(tmpdir(), 'perfit-first-'));
const architecture = architectureFrom(10, [0, 3, 9]);
const round: FirstRound = {
  shared: { values: Float32Array.from({ length: 10 }, (_, p) => p / 3), architecture },
  personal: { values: new Float32Array(10).fill(-0), architecture },
  conclusion: { remember: { control: new Float32Array(10).fill(1e-30) }, send: { 'a/b': new Float32Array(10) } },
  search: {
    iterations: [
      {
        iteration: 1,
        live: 3,
        lossBefore: Number.NaN,
        lossAfter: Number.POSITIVE_INFINITY,
        zeroShare: { A: 0, B: 0.1 },
      },
    ],
    splitPairs: { split: 1, pairs: 2 },
    unused: 0,
  },
  flops: 123_456_789_012_345,
  events: [{ type: 'step', step: 1, steps: 5, loss: 0.1 + 0.2, learningRate: 3e-3 }],
};

test('gives back what was written, bit for bit, under its key and client only', () => {
  const files = firstRoundFiles(fresh());
  expect(files.read('k', 'a/ü')).toBeUndefined();
  files.write('k', 'a/ü', round);
  expect(files.read('k', 'a/ü')).toEqual(round);
  expect(files.read('k', 'b')).toBeUndefined();
  expect(files.read('l', 'a/ü')).toBeUndefined();
});

test('keeps what a client without search, second adapter or vectors left', () => {
  const files = firstRoundFiles(fresh());
  const plain: FirstRound = { ...round, personal: undefined, search: null, conclusion: { remember: {}, send: {} } };
  files.write('k', 'a', plain);
  expect(files.read('k', 'a')).toEqual(plain);
});

test('drops the oldest beyond its limit, and what alone is too large', () => {
  const directory = fresh();
  firstRoundFiles(directory).write('k', 'old', round);
  const [old] = readdirSync(directory);
  utimesSync(join(directory, old!), 1, 1);
  const files = firstRoundFiles(directory, { limit: 5000 });
  files.write('k', 'new', round);
  expect(files.read('k', 'new')).toEqual(round);
  for (const client of ['c', 'd', 'e', 'f']) files.write('k', client, round);
  expect(files.read('k', 'old')).toBeUndefined();
  const none = firstRoundFiles(fresh(), { limit: 10 });
  none.write('k', 'a', round);
  expect(none.read('k', 'a')).toBeUndefined();
});
