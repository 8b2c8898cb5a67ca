import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyArchitecture, readAdapter } from '@perfit/lora';
import { createEngine, type Engine } from '@perfit/tensorflow';
import { lastValueFrom, toArray } from 'rxjs';
import { systemClock } from './clock.js';
import { createContainer } from './container.js';
import { evaluateRun } from './evaluate-run.js';
import { validateConfiguration } from './parse-configuration.js';
import type { RoundEvent } from './round-event.js';
import { prepareRun } from './run.js';

const three = ['inn-1', 'port-1', 'court-2'];
const small = {
  rounds: 2,
  steps: 5,
  batchSize: 4,
  data: { path: 'embedded', testRows: 2 },
  partitioner: { name: 'field', values: three },
  learningRate: 3e-3,
};
let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});

async function play(raw: object): Promise<{ readonly out: string; readonly events: readonly RoundEvent[] }> {
  const out = mkdtempSync(join(tmpdir(), 'perfit-run-'));
  const configuration = validateConfiguration({ ...small, ...raw }, 'test');
  const before = engine.live();
  const run = await prepareRun(configuration, {
    engine,
    container: createContainer(),
    clock: systemClock,
    out,
    resume: false,
  });
  const events = await lastValueFrom(run.events.pipe(toArray()));
  run.dispose();
  // A run leaves no tensor behind.
  expect(engine.live()).toBe(before);
  return { out, events };
}
const adapters = (directory: string) =>
  readdirSync(join(directory, 'clients')).map((id) =>
    readFileSync(join(directory, 'clients', id, 'adapter_model.safetensors')),
  );
const summaryOf = (directory: string) => JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8'));

describe('prepareRun', () => {
  it('law 5: e = 1 equals FedIT from the same start and steps, bit for bit, for every sampled share', async () => {
    for (const fraction of [1, 0.7]) {
      const { out } = await play({
        sampler: { name: 'fraction', fraction },
        methods: [
          { name: 'plain', method: 'fedit', initialization: 'symmetric' },
          { name: 'masked', method: 'perfit', expansion: 1 },
        ],
      });
      const perplexities = (name: string) =>
        summaryOf(join(out, name)).rounds.map(
          ({
            averages,
            clients,
          }: {
            averages: unknown;
            clients: readonly { personal: unknown; global: unknown }[];
          }) => ({
            averages,
            clients: clients.map(({ personal, global }) => ({ personal, global })),
          }),
        );
      // Full masks, and at least two clients registered: the registry of law 1.
      expect(perplexities('masked')).toEqual(perplexities('plain'));
      const [plain, masked] = [adapters(join(out, 'plain')), adapters(join(out, 'masked'))];
      expect(plain.length).toBe(three.length);
      if (fraction === 1) for (const [i, bytes] of plain.entries()) expect(masked[i]!.equals(bytes)).toBe(true);
    }
  }, 240_000);

  it('law 2 through a run: exactly K live positions, everything saved lies inside the mask', async () => {
    const { out, events } = await play({ methods: ['perfit'], clients: { 'inn-1': { rank: 4 } } });
    const { layout } = events[0] as Extract<RoundEvent, { type: 'run-started' }>;
    for (const id of readdirSync(join(out, 'clients'))) {
      const { architecture, values, scale } = readAdapter(join(out, 'clients', id));
      expect(architecture.live).toBe(id === 'inn-1' ? layout.budget / 2 : layout.budget);
      expect(scale).toBe(2);
      expect(applyArchitecture(values, architecture)).toEqual(values);
    }
  }, 240_000);

  it('every method takes the same number of steps on the same batches, searching or not', async () => {
    const { events } = await play({ rounds: 1, methods: ['local-only', 'perfit'] });
    const steps = (method: string) => events.filter((event) => event.type === 'step' && event.method === method).length;
    expect(steps('perfit')).toBe(steps('local-only'));
    // One round and the extra set.
    expect(steps('perfit')).toBe(three.length * 2 * small.steps);
    const searches = events.filter((event) => event.type === 'search-iteration');
    expect(searches).toHaveLength(three.length * 4);
    for (const { lossBefore, lossAfter, zeroShare } of searches as readonly Extract<
      RoundEvent,
      { type: 'search-iteration' }
    >[]) {
      expect(Number.isFinite(lossBefore) && Number.isFinite(lossAfter)).toBe(true);
      expect(zeroShare.A).toBeLessThan(1);
    }
  }, 240_000);

  it('clients that step together end where they end one after the other, up to rounding; the same again to the bit', async () => {
    const raw = { rounds: 2, methods: [{ name: 'perfit', importance: 'second' }] };
    const [alone, joint, again] = [
      await play(raw),
      await play({ ...raw, clientsAtOnce: 2 }),
      await play({ ...raw, clientsAtOnce: 2 }),
    ];
    const [expected, found] = [alone, joint].map(({ out }) => summaryOf(out).rounds.at(-1).averages.personal);
    for (const moment of ['afterDistribution', 'afterLocal'])
      expect(found[moment].expMeanLoss / expected[moment].expMeanLoss).toBeCloseTo(1, 2);
    expect(summaryOf(again.out).rounds).toEqual(summaryOf(joint.out).rounds);
    const steps = ({ events }: typeof joint) =>
      events.flatMap((event) => (event.type === 'step' ? [[event.round, event.client, event.step]] : []));
    expect(steps(joint)).toEqual(steps(alone));
    const losses = ({ events }: typeof joint) => events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
    for (const [index, loss] of losses(joint).slice(0, 3).entries())
      expect(loss / losses(alone)[index]!).toBeCloseTo(1, 4);
  }, 240_000);

  it('shares that do not divide a round add up to it', async () => {
    const { events } = await play({ rounds: 1, methods: ['feddpa'] });
    const steps = events.filter((event) => event.type === 'step') as readonly Extract<RoundEvent, { type: 'step' }>[];
    expect(steps).toHaveLength(three.length * 2 * small.steps);
    expect(new Set(steps.map((event) => event.steps))).toEqual(new Set([small.steps]));
  }, 240_000);

  it("law 6: a search from LoRA's own start is refused before anything is pruned, with the cure", async () => {
    const vanishing = play({ methods: [{ name: 'blind', method: 'perfit', initialization: 'zero' }] });
    await expect(vanishing).rejects.toMatchObject({ code: 'nas/vanishing-scores' });
  }, 240_000);

  it('a start that is taken out of the weights is saved with what was taken out', async () => {
    const gaussian = { name: 'gaussian', subtract: true };
    const { out } = await play({ rounds: 1, methods: [{ name: 'perfit', initialization: gaussian }] });
    for (const { agrees } of await evaluateRun(engine, createContainer(), out)) expect(agrees).toBe(true);
    // Expanded rank 16, and the start's 16.
    expect(readAdapter(join(out, 'clients', 'inn-1')).layout.rank).toBe(32);
    const unequal = play({
      methods: [{ name: 'x', method: 'fedit', initialization: gaussian }],
      clients: { 'inn-1': { rank: 4 } },
    });
    await expect(unequal).rejects.toMatchObject({ code: 'runtime/invalid-combination' });
  }, 240_000);

  it('one common architecture where the search is the federation’s, others where it is the client’s own', async () => {
    const { out } = await play({
      rounds: 1,
      methods: ['perfit', { name: 'common', method: 'perfit', search: { scope: 'federation' } }],
    });
    const masks = (name: string) =>
      three.map((id) => readFileSync(join(out, name, 'clients', id, 'mask.bin')).toString('hex'));
    expect(new Set(masks('common')).size).toBe(1);
    expect(new Set(masks('perfit')).size).toBe(three.length);
  }, 240_000);

  it('searches again every k rounds, from a dense adapter', async () => {
    const { events } = await play({ methods: ['perfit'], search: { every: 1, iterations: 2 } });
    const searched = events.filter((event) => event.type === 'search-iteration');
    expect(new Set(searched.map((event) => (event as { round: number }).round))).toEqual(new Set([1, 2]));
    expect(searched).toHaveLength(three.length * 2 * 2);
  }, 240_000);

  it('statistics measured apart cost their own passes, and no step', async () => {
    const flops = async (statistics: string) => {
      const { events } = await play({ rounds: 1, methods: ['perfit'], search: { statistics } });
      return events
        .filter((event) => event.type === 'client-trained')
        .map((event) => (event as { flops: number }).flops)[0]!;
    };
    const [own, apart] = [await flops('steps'), await flops('separate')];
    // Four iterations of one step each, of five steps.
    expect(apart / own).toBeGreaterThan(1.6);
    expect(apart / own).toBeLessThan(2);
  }, 240_000);
});
