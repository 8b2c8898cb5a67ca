import { mkdtempSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { architectureFrom } from '@perfit/lora';
import type { TakenSteps } from './taken-steps.js';
import { takenStepsFiles } from './taken-steps-files.js';

const fresh = () => mkdtempSync(join(tmpdir(), 'perfit-steps-'));
const architecture = architectureFrom(10, [0, 3, 9]);
const steps: TakenSteps = {
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
  seconds: 0.25,
};

const at = { key: 'k', client: 'a/ü', round: 2, start: 's' };

test('gives back what was written, bit for bit, for these steps only', () => {
  const files = takenStepsFiles(fresh());
  expect(files.read(at)).toBeUndefined();
  files.write(at, steps);
  expect(files.read(at)).toEqual(steps);
  for (const other of [{ key: 'l' }, { client: 'b' }, { round: 1 }, { start: 't' }])
    expect(files.read({ ...at, ...other })).toBeUndefined();
});

test('keeps what a client without search, second adapter or vectors left', () => {
  const files = takenStepsFiles(fresh());
  const plain: TakenSteps = { ...steps, personal: undefined, search: null, conclusion: { remember: {}, send: {} } };
  files.write(at, plain);
  expect(files.read(at)).toEqual(plain);
});

test('drops beyond its limit what nobody used for longest, and what alone is too large', () => {
  const directory = fresh();
  const [one, two] = [
    { ...at, client: 'one' },
    { ...at, client: 'two' },
  ];
  const writeOld = (which: typeof at, seconds: number) => {
    const before = readdirSync(directory);
    takenStepsFiles(directory).write(which, steps);
    const [file] = readdirSync(directory).filter((name) => !before.includes(name));
    utimesSync(join(directory, file!), seconds, seconds);
  };
  writeOld(one, 1);
  writeOld(two, 2);
  const size = statSync(join(directory, readdirSync(directory)[0]!)).size;
  const files = takenStepsFiles(directory, { limit: 3.5 * size });
  // The older of both is used again.
  files.read(one);
  files.write({ ...at, client: 'new' }, steps);
  files.write({ ...at, client: 'newer' }, steps);
  expect(files.read(two)).toBeUndefined();
  expect(files.read(one)).toEqual(steps);
  const none = takenStepsFiles(fresh(), { limit: 10 });
  none.write(at, steps);
  expect(none.read(at)).toBeUndefined();
});
