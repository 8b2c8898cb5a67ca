import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAdapter } from '@perfit/lora';
import { createEngine, type Engine } from '@perfit/tensorflow';
import { lastValueFrom } from 'rxjs';
import { systemClock } from './clock.js';
import { createContainer } from './container.js';
import { evaluateRun } from './evaluate-run.js';
import { validateConfiguration } from './parse-configuration.js';
import { builtInMethods } from './register.js';
import { prepareRun } from './run.js';
import type { MethodSummary } from './summary.js';

/** The fewest clients that Krum takes with one Byzantine among them, and PerFIT's shortest search. */
const small = {
  rounds: 2,
  steps: 4,
  batchSize: 2,
  // 1.25 · 8, the expanded rank of perfit-guarded, is even.
  rank: 8,
  alpha: 16,
  targets: ['q', 'v'],
  data: { path: 'embedded', trainRows: 10, testRows: 2 },
  partitioner: { name: 'field', values: ['inn-1', 'inn-2', 'port-1', 'port-2', 'court-1'] },
};
const methods = builtInMethods.map(({ name }) => name);
const out = mkdtempSync(join(tmpdir(), 'perfit-methods-'));
let engine: Engine;

async function play(raw: object, directory: string): Promise<void> {
  const run = await prepareRun(validateConfiguration({ ...small, ...raw }, 'test'), {
    engine,
    container: createContainer(),
    clock: systemClock,
    out: directory,
    resume: false,
  });
  await lastValueFrom(run.events);
  run.dispose();
}

beforeAll(async () => {
  engine = await createEngine();
  const before = engine.live();
  await play({ methods }, out);
  expect(engine.live()).toBe(before);
}, 600_000);

const summaryOf = (name: string, directory = out) =>
  JSON.parse(readFileSync(join(directory, name, 'summary.json'), 'utf8')) as MethodSummary;

describe.each(methods)('%s', (name) => {
  it('runs on a real model, and what it saves is what it was scored with', async () => {
    const { rounds } = summaryOf(name);
    for (const { clients } of rounds)
      for (const { personal, flops } of clients) {
        expect(personal.afterDistribution).toBeGreaterThan(1);
        expect(Number.isFinite(flops)).toBe(true);
      }
    const scores = await evaluateRun(engine, createContainer(), join(out, name));
    expect(scores.filter(({ agrees }) => !agrees)).toEqual([]);
  }, 120_000);
});

it('what is not scored changes no figure of what is: adapters that compose, that stay at home, that end in local steps', async () => {
  const composing = ['local-only', 'fedit-local', 'ditto', 'fdlora', 'feddpa', 'perfit-guarded'];
  const few = join(out, 'few');
  await play({ methods: composing, evaluation: { every: 0, global: false, localSteps: false } }, few);
  for (const name of composing) {
    const [all, some] = [summaryOf(name), summaryOf(name, few)].map(({ rounds }) => rounds.at(-1)!.clients);
    for (const [i, { personal, global }] of some!.entries()) {
      expect(global).toBeNull();
      expect(personal.afterDistribution).toBe(all![i]!.personal.afterDistribution);
      expect(personal.afterLocal).toBe(name === 'fedit-local' ? all![i]!.personal.afterLocal : null);
    }
  }
}, 300_000);

describe('what makes a method what it is shows in its run', () => {
  const last = (name: string) => summaryOf(name).rounds.at(-1)!;
  const up = (name: string) => last(name).clients[0]!.bytesUp;
  const adapter = (name: string, client = 'inn-1') => readAdapter(join(out, name, 'clients', client));
  const slots = (name: string, factor: 'A' | 'B', client?: string) => {
    const { layout, values } = adapter(name, client);
    return layout.slots
      .filter((slot) => slot.factor === factor)
      .map(({ offset, size }) => values.slice(offset, offset + size));
  };

  it('bytes: those of one factor, twice with controls, none alone', () => {
    const size = (factor: 'A' | 'B') => slots('fedit', factor).reduce((sum, { length }) => sum + length, 0);
    expect(up('ffa-lora')).toBe(4 * size('B'));
    expect(up('fedit')).toBe(4 * (size('A') + size('B')));
    expect(up('scaffold') / up('fedit')).toBe(2);
    expect(up('local-only')).toBe(0);
  });

  it('FFA-LoRA: A is the same on all clients; FedSA-LoRA: A is, B is not; LG-FedAvg: only lower layers differ', () => {
    expect(slots('ffa-lora', 'A')).toEqual(slots('ffa-lora', 'A', 'port-1'));
    expect(slots('fedsa-lora', 'A')).toEqual(slots('fedsa-lora', 'A', 'port-1'));
    expect(slots('fedsa-lora', 'B')).not.toEqual(slots('fedsa-lora', 'B', 'port-1'));
    const [a, b] = [adapter('lg-fedavg'), adapter('lg-fedavg', 'port-1')];
    const layers = new Set<number>();
    for (const { site, offset, size } of a.layout.slots)
      if (a.values.slice(offset, offset + size).some((value, p) => value !== b.values[offset + p]))
        layers.add(site.layer);
    const depth = Math.max(...a.layout.sites.map(({ layer }) => layer)) + 1;
    expect([...layers].sort()).toEqual(Array.from({ length: depth - Math.round(depth / 2) }, (_, layer) => layer));
  });

  it('twice the steps and two adapters with Ditto, whose personal ones differ', () => {
    const flops = (name: string) => last(name).clients[0]!.flops;
    expect(flops('ditto') / flops('fedit')).toBeCloseTo(2, 1);
    expect(slots('ditto', 'B')).not.toEqual(slots('ditto', 'B', 'port-1'));
  });

  it('FLoRA and FedEx-LoRA save what they changed of the frozen weights as further ranks', () => {
    expect(adapter('flora').layout.rank).toBeGreaterThan(8);
    expect(adapter('fedex-lora').layout.rank).toBeGreaterThan(8);
    expect(adapter('fedit').layout.rank).toBe(8);
  });

  it('centralised: everyone has one adapter, trained on all rows, and uploads nothing', () => {
    expect(slots('centralised', 'B')).toEqual(slots('centralised', 'B', 'port-1'));
    expect(last('centralised').averages.personal.afterLocal.clientMean).toBeNull();
  });
});
