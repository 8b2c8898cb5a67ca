import { architectureFrom, fullArchitecture } from '@perfit/lora';
import type { Trained, TrainingJob, Transport } from '../contract.js';
import { randomStreams } from '../random-streams.js';
import { attackedTransport } from './attacked-transport.js';
import { noise } from './noise.js';
import { signFlip } from './sign-flip.js';

const streams = randomStreams(1);
const random = streams.stream('attack');

test('sign-flip: (3 − 1) becomes −10 · 2 off what was received', () => {
  const sent = signFlip({ scale: 10 }).corrupt({
    values: Float32Array.of(3, 0),
    received: Float32Array.of(1, 0),
    random,
  });
  expect([...sent]).toEqual([-19, 0]);
});

test('noise: as large as scale times the change, and centred on what was received', () => {
  const size = 20_000;
  const received = new Float32Array(size).fill(5);
  const sent = noise({ scale: 3 }).corrupt({ values: received.map((value) => value + 0.1), received, random });
  const mean = sent.reduce((sum, value) => sum + value, 0) / size;
  const std = Math.sqrt(sent.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size);
  expect(mean).toBeCloseTo(5, 1);
  expect(std).toBeCloseTo(0.3, 2);
});

test('only what the named clients send is altered, on the positions that travel', async () => {
  const mask = architectureFrom(4, [1, 3]);
  const trained = { update: { client: 'x', mask, values: Float32Array.of(2, 2) } } as unknown as Trained;
  const transport = {
    personal: () => ({ values: Float32Array.of(9, 1, 9, 1), architecture: fullArchitecture(4) }),
    train: async () => trained,
  } as unknown as Transport;
  const attacked = attackedTransport(transport, new Map([['bad', signFlip({ scale: 1 })]]), streams);
  const job = { round: 1 } as TrainingJob;
  expect([...(await attacked.train('bad', job)).update.values]).toEqual([0, 0]);
  expect(await attacked.train('good', job)).toBe(trained);
  expect(attackedTransport(transport, new Map(), streams)).toBe(transport);
});
