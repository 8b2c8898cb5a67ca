import { type Backbone, initialWeights, loadBackbone, type WeightSource } from '@perfit/models';
import { openGolden } from '../goldens/open.js';
import { adamwDefaults } from './adamw.js';
import { createPretrainer } from './pretrainer.js';

let golden: Awaited<ReturnType<typeof openGolden>>;
let start: WeightSource;
beforeAll(async () => {
  golden = await openGolden();
  golden.backbone.dispose();
  let state = 1;
  const random = () => {
    state = Number((BigInt(state) * 48271n) % 2147483647n);
    return state / 2147483647;
  };
  start = initialWeights(golden.backbone.config, random);
});
afterEach(() => expect(golden.engine.live()).toBe(0));

const open = (optimizer = adamwDefaults) =>
  createPretrainer({
    engine: golden.engine,
    weights: start,
    load: (weights) => loadBackbone(golden.engine, { config: golden.backbone.config, weights }),
    optimizer,
  });

test('starts at the uniform guess and learns the batch by heart', async () => {
  const pretrainer = open({ ...adamwDefaults, clip: 1 });
  const first = await pretrainer.step(golden.batch, 1e-2);
  expect(Math.abs(first - Math.log(golden.backbone.config.vocabulary))).toBeLessThan(0.1);
  let last = first;
  for (let step = 0; step < 40; step++) last = await pretrainer.step(golden.batch, 1e-2);
  expect(last).toBeLessThan(0.2 * first);
  pretrainer.dispose();
});

test('every weight moves, each by the learning rate at most in the first step; norms do not decay', async () => {
  const RATE = 1e-3;
  const pretrainer = open({ ...adamwDefaults, weightDecay: 0.5 });
  await pretrainer.step(golden.batch, RATE);
  const now = pretrainer.weights();
  for (const name of start.names) {
    const [before, after] = [start.read(name), now.read(name)];
    expect(now.shape(name)).toEqual(start.shape(name));
    const decay = start.shape(name).length > 1 ? RATE * 0.5 : 0;
    const steps = after.map((value, i) => Math.abs(value - before[i]! * (1 - decay)));
    expect({ name, most: Math.max(...steps) > 0.9 * RATE }).toEqual({ name, most: true });
    expect(Math.max(...steps)).toBeLessThan(1.001 * RATE + 1e-7);
  }
  pretrainer.dispose();
});

test('a loss that is not finite is refused, and the weights stay', async () => {
  const { engine } = golden;
  const broken = { backpropagate: () => engine.upload(Float32Array.of(Number.NaN), [1]), dispose: () => {} };
  const pretrainer = createPretrainer({
    engine,
    weights: start,
    load: async () => broken as unknown as Backbone,
    optimizer: adamwDefaults,
  });
  await expect(pretrainer.step(golden.batch, 1e-3)).rejects.toThrow(
    expect.objectContaining({ code: 'training/loss-not-finite' }),
  );
  expect(pretrainer.weights().read('model.norm.weight')).toEqual(start.read('model.norm.weight'));
  pretrainer.dispose();
});
