import { createContainer } from '../container.js';
import { validateConfiguration } from '../parse-configuration.js';
import { planMethods } from '../plan-methods.js';
import { resolvedConfiguration } from '../resolved-configuration.js';
import { stepsKey } from './steps-key.js';

const reference = (name: string) => ({ reference: { name }, make: () => name });
const engine = { kind: 'native', version: '2.21.0', threads: 2, device: 'CPU', build: 'b' } as const;

function keyOf(raw: object, world = { engine, data: 'd', sampler: 'fraction' }): string | null {
  const configuration = validateConfiguration({ algorithm: 'perfit', ...raw }, 'test');
  const [plan] = planMethods(createContainer(), configuration);
  const strategies = { sampler: reference(world.sampler), partitioner: reference('field') };
  const resolved = resolvedConfiguration(configuration, [plan!], strategies, { model: 'm', data: world.data });
  return stepsKey(resolved, plan!, world.engine);
}

const key = keyOf({});

test.each([
  ['aggregator', { aggregator: 'weighted-mean' }],
  ['minHolders', { aggregator: { name: 'shared-exclusive', minHolders: 3 } }],
  ['adoption', { adoption: 'validated' }],
  ['travel', { travel: 'none' }],
  ['the name of the method', { algorithm: 'perfit-validated' }],
  ['codec', { codec: 'int8' }],
  ['attacks', { clients: { a: { attack: 'sign-flip' } } }],
  ['what is scored', { evaluation: { every: 0 }, validation: { scored: true } }],
  ['where the data lies', { data: { path: 'embedded' } }],
  ['what costs without changing bits', { activationCheckpointing: true, hiddenStateCache: 0 }],
  ['a key that the method does not use', { algorithm: 'perfit', methods: ['fedit'] }],
])('local steps do not depend on %s', (_, raw) => {
  expect(keyOf(raw)).toBe(key);
});

test.each([
  ...[{ seed: 2 }, { rounds: 6 }, { steps: 13 }, { batchSize: 4 }, { maxTokens: 80 }, { learningRate: 1e-3 }],
  ...[{ rank: 4 }, { alpha: 8 }, { targets: ['q'] }, { validation: { share: 0.1 } }, { clients: { a: { rank: 2 } } }],
  ...[{ expansion: 3 }, { initialization: 'gaussian' }, { importance: 'second' }, { schedule: 'linear' }],
  ...[
    { granularity: 'rank' },
    { search: { iterations: 2 } },
    { localUpdate: 'proximal' },
    { personalization: 'ditto' },
  ],
  ...[{ data: { path: 'embedded', trainRows: 3 } }, { plugins: ['x'] }, { algorithm: 'fedit' }, { dtype: 'bf16' }],
])('local steps depend on %j', (raw) => {
  expect(keyOf(raw)).toMatch(/^[0-9a-f]{64}$/);
  expect(keyOf(raw)).not.toBe(key);
});

test('they depend on the rows and on what computes them, not on who is sampled', () => {
  expect(keyOf({}, { engine, data: 'e', sampler: 'fraction' })).not.toBe(key);
  expect(keyOf({}, { engine: { ...engine, threads: 1 } as never, data: 'd', sampler: 'fraction' })).not.toBe(key);
  expect(keyOf({}, { engine, data: 'd', sampler: 'other' })).toBe(key);
});

test('methods that train alike share them: FedIT and local-only; pooled training does not', () => {
  expect(keyOf({ algorithm: 'local-only' })).toBe(keyOf({ algorithm: 'fedit' }));
  expect(keyOf({ algorithm: 'centralised' })).not.toBe(keyOf({ algorithm: 'fedit' }));
});

test('no key where there are no steps, or where clients step together', () => {
  expect(keyOf({ clientsAtOnce: 2 })).toBeNull();
  expect(keyOf({ algorithm: 'untuned' })).toBeNull();
});
