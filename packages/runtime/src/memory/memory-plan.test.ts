import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine, machineMemory } from '@perfit/tensorflow';
import { countingEngine, describeNative } from '@perfit/tensorflow/testing';
import { lastValueFrom } from 'rxjs';
import { systemClock } from '../clock.js';
import { createContainer } from '../container.js';
import { validateConfiguration } from '../parse-configuration.js';
import { prepareRun } from '../run.js';
import { memoryLimit, plannedEngine } from './machine.js';
import { cureOf, type MemoryPlan } from './memory-plan.js';
import { planRun } from './plan-run.js';

const MiB = 2 ** 20;
const small = {
  rounds: 2,
  steps: 4,
  batchSize: 4,
  rank: 4,
  alpha: 8,
  data: { path: 'embedded', trainRows: 12, testRows: 3 },
  partitioner: { name: 'field', values: ['inn-1', 'port-1'] },
};
const native = { kind: 'native', gpu: false, panel: 16 } as const;
const fresh = () => join(mkdtempSync(join(tmpdir(), 'perfit-memory-')), 'run');
const configurationOf = (raw: object) => validateConfiguration({ ...small, ...raw }, 'test');
const planOf = (raw: object, bytes = Number.MAX_SAFE_INTEGER): Promise<MemoryPlan> =>
  planRun(configurationOf(raw), { container: createContainer(), engine: native, limit: memoryLimit(bytes) });
const needOf = ({ methods }: MemoryPlan) => Math.max(...methods.map(({ peak }) => peak.total));
const prepare = (engine: Engine, raw: object, memory?: number) =>
  prepareRun(configurationOf(raw), {
    engine,
    container: createContainer(),
    clock: systemClock,
    out: fresh(),
    resume: false,
    ...(memory === undefined ? {} : { memory }),
  });

describe('the parts', () => {
  it('weights and adapter are those of the shapes; the untuned model has neither saved activations nor an adapter', async () => {
    const { methods } = await planOf({ methods: ['untuned', 'fedit', 'perfit'] });
    const [untuned, fedit, perfit] = methods.map(({ phases }) =>
      Object.fromEntries(phases.map(({ phase, parts }) => [phase, parts])),
    );
    expect(Object.keys(untuned!)).toEqual(['loading', 'evaluation']);
    expect(untuned!.evaluation!.saved).toBe(0);
    expect(fedit!.training!.saved).toBeGreaterThan(0);
    expect(fedit!.training!.weights).toBe(perfit!.training!.weights);
    expect([fedit!.training!.statistics, perfit!.training!.statistics > 0]).toEqual([0, true]);
    expect(perfit!.training!.adapter).toBeGreaterThan(fedit!.training!.adapter);
  });

  it.each([
    ['a residual of the server', 'fedit', 'flora', 'weights'],
    ['controls', 'fedit', 'scaffold', 'adapter'],
    ['a second adapter', 'fedit', 'ditto', 'host'],
    ['uploads that are held', 'fedit', 'median', 'host'],
  ] as const)('%s cost more', async (_, without, having, part) => {
    const { methods } = await planOf({ methods: [without, having] });
    const [less, more] = methods.map(({ phases }) => phases.find(({ phase }) => phase === 'training')!.parts[part]);
    expect(more).toBeGreaterThan(less!);
  });

  it('a subtracted start holds copies of the weights that it adapts; clients that search together are there together', async () => {
    const weights = async (initialization: object) => {
      const { methods } = await planOf({ methods: [{ name: 'm', method: 'fedit', initialization }] });
      return methods[0]!.phases.find(({ phase }) => phase === 'training')!.parts.weights;
    };
    const plain = await weights({ name: 'gaussian' });
    expect(await weights({ name: 'gaussian', subtract: true })).toBeGreaterThan(plain);
    expect(await weights({ name: 'pissa' })).toBe(await weights({ name: 'gaussian', subtract: true }));
    const adapter = async (scope: string) =>
      (await planOf({ methods: [{ name: 'm', method: 'perfit', search: { scope } }] })).methods[0]!.peak.parts.adapter;
    expect(await adapter('federation')).toBeGreaterThan(await adapter('client'));
  });

  it('grows with batchSize and maxTokens, and falls in bf16', async () => {
    const at = async (raw: object) => needOf(await planOf({ methods: ['perfit'], ...raw }));
    expect(await at({ batchSize: 8 })).toBeGreaterThan(await at({ batchSize: 4 }));
    expect(await at({ maxTokens: 60 })).toBeGreaterThan(await at({ maxTokens: 24 }));
    expect(await at({ dtype: 'bf16' })).toBeLessThan(await at({}));
  });
});

describe('a run that does not fit', () => {
  const large = { methods: ['untuned', 'perfit'], batchSize: 12, maxTokens: 160 };

  it('proposals fit by the same plan, and anything larger does not', async () => {
    const { methods } = await planOf(large);
    const untuned = methods[0]!.peak.total;
    const need = methods[1]!.peak.total;
    expect(need).toBeGreaterThan(untuned);
    const limit = untuned + 0.6 * (need - untuned);
    const { fits, cures } = await planOf(large, limit);
    expect(fits).toBe(false);
    const fitting = async (change: object) => (await planOf({ ...large, ...change }, limit)).fits;
    const keys = cures.map((change) => Object.keys(change).join());
    expect(keys).toContain('batchSize');
    for (const change of cures) {
      expect(await fitting(change)).toBe(true);
      if (change.batchSize !== undefined) expect(await fitting({ batchSize: change.batchSize + 1 })).toBe(false);
      if (change.maxTokens !== undefined) expect(await fitting({ maxTokens: change.maxTokens + 1 })).toBe(false);
    }
  });

  it('clients at once are planned together, and fewer of them are the first thing that helps', async () => {
    const at = async (clientsAtOnce: number) => needOf(await planOf({ ...large, clientsAtOnce }));
    const [one, two, three] = [await at(1), await at(2), await at(3)];
    expect(two).toBeGreaterThan(one);
    // There are two clients.
    expect(three).toBe(two);
    const limit = (one + two) / 2;
    const { cures } = await planOf({ ...large, clientsAtOnce: 2 }, limit);
    expect(cures[0]).toEqual({ clientsAtOnce: 1 });
    expect((await planOf({ ...large, ...cures[0] }, limit)).fits).toBe(true);
  });

  it('where one change is not enough, several together; where none is, it says so', async () => {
    const least = Math.min(
      needOf(await planOf({ ...large, batchSize: 1 })),
      needOf(await planOf({ ...large, activationCheckpointing: true })),
      needOf(await planOf({ ...large, maxTokens: 16 })),
      needOf(await planOf({ ...large, dtype: 'bf16' })),
    );
    const narrow = needOf(
      await planOf({ ...large, batchSize: 1, maxTokens: 16, dtype: 'bf16', activationCheckpointing: true }),
    );
    const limit = (least + narrow) / 2;
    const plan = await planOf(large, limit);
    expect(plan.cures.length).toBeGreaterThan(0);
    for (const change of plan.cures) expect(Object.keys(change).length).toBeGreaterThan(1);
    for (const change of plan.cures) expect((await planOf({ ...large, ...change }, limit)).fits).toBe(true);
    const hopeless = await planOf(large, 10 * MiB);
    expect(hopeless.cures).toEqual([]);
    expect(cureOf(hopeless)).toMatch(/smaller model.*--memory/);
  });

  it('is refused before any weight is on the engine, with its cure; more memory lets it run', async () => {
    const engine = await createEngine();
    const before = engine.live();
    const refused = expect.objectContaining({ code: 'runtime/does-not-fit' });
    await expect(prepare(engine, large, 10 * MiB)).rejects.toThrow(refused);
    await expect(prepare(engine, large, 10 * MiB)).rejects.toThrow(
      /^\[perfit\/runtime\] method 'perfit' needs \d\.\d\d GiB of memory \(\w+, [\w-]+\), --memory allows 0\.01 GiB\. /,
    );
    expect(engine.live()).toBe(before);
    const run = await prepare(engine, large, 1e15);
    run.dispose();
    expect(engine.live()).toBe(before);
  });

  it('what lies on a GPU is not held against the memory of the host', async () => {
    const gpu = plannedEngine({ kind: 'native', device: 'NVIDIA H100' });
    expect(gpu).toEqual({ kind: 'native', gpu: true, panel: 1 });
    const world = { container: createContainer(), engine: gpu, limit: memoryLimit(10 * MiB) };
    expect((await planRun(configurationOf(large), world)).fits).toBe(true);
  });
});

describe('memoryLimit', () => {
  const machine = { total: 1000, free: 600, swap: 50, known: true };
  it('what is free, what this process has, and swap; never more than there is; what the user says goes first', () => {
    expect(memoryLimit(undefined, machine, 100).bytes).toBe(750);
    expect(memoryLimit(undefined, machine, 700).bytes).toBe(1050);
    expect(memoryLimit(undefined, { ...machine, known: false }, 100).bytes).toBe(1000);
    expect(memoryLimit(7, machine)).toEqual({ bytes: 7, source: 'given', machine });
    expect(memoryLimit().machine.total).toBe(machineMemory().total);
  });
});

describeNative('against the bytes that an engine holds at the peak of a run', () => {
  let inner: Engine;
  beforeAll(async () => {
    inner = await createEngine({ prefer: 'native', threads: 2 });
  });

  it.each([
    ...['untuned', 'fedit', 'perfit', 'scaffold', 'ditto', 'flora', 'centralised'].map(
      (method) => [method, 1] as const,
    ),
    ['perfit', 2] as const,
  ])(
    '%s, %i clients at once',
    async (method, clientsAtOnce) => {
      const { engine, peak } = countingEngine(inner, plannedEngine(inner.description).panel);
      const raw = { methods: [method], clientsAtOnce };
      const run = await prepare(engine, raw);
      await lastValueFrom(run.events);
      run.dispose();
      const { methods } = await planRun(configurationOf(raw), {
        container: createContainer(),
        engine: plannedEngine(inner.description),
      });
      const tensors = methods[0]!.phases.map(
        ({ parts: { weights, saved, logits, temporary, adapter, statistics } }) =>
          weights + saved + logits + temporary + adapter + statistics,
      );
      // Batches of this run are at most as large as the largest that there can be.
      const ratio = Math.max(...tensors) / peak();
      expect(ratio).toBeGreaterThan(0.98);
      expect(ratio).toBeLessThan(1.35);
    },
    600_000,
  );
});
