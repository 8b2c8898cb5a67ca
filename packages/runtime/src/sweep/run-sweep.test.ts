import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '@perfit/tensorflow';
import { lastValueFrom, tap } from 'rxjs';
import { systemClock } from '../clock.js';
import { createContainer } from '../container.js';
import type { RoundEvent } from '../round-event.js';
import { planSweep, type SweepRequest } from './plan-sweep.js';
import { runSweep, type SweepWorld } from './run-sweep.js';

const fresh = () => mkdtempSync(join(tmpdir(), 'perfit-sweep-'));
const small = [
  'rounds=1',
  'steps=2',
  'search.iterations=1',
  'batchSize=2',
  'rank=2',
  'maxTokens=48',
  'data={path: embedded, trainRows: 6, testRows: 1}',
  'partitioner={name: field, values: [inn-1, port-1]}',
];
let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});

/** Plays a sweep and remembers what every job told. */
async function play(request: Partial<SweepRequest>, world: Partial<SweepWorld> = {}) {
  const told = new Map<string, RoundEvent[]>();
  const stop = new AbortController();
  const before = engine.live();
  const { overrides = [], ...rest } = request;
  const plan = planSweep(createContainer(), { config: null, vary: [], overrides: [...small, ...overrides], ...rest });
  const out = world.out ?? fresh();
  const results = await runSweep(plan, {
    engine,
    container: createContainer,
    clock: systemClock,
    resume: false,
    signal: stop.signal,
    sinks: ({ cell, seed }) => {
      const events: RoundEvent[] = [];
      told.set(`${cell.name} ${seed}`, events);
      return [
        { name: 'memory', attach: async (run) => void (await lastValueFrom(run.pipe(tap((e) => events.push(e))))) },
      ];
    },
    ...world,
    out,
  });
  expect(engine.live()).toBe(before);
  return { out, results, told };
}

/** Two pairs that differ only in what happens after the local steps; the second of each takes them over. */
const cells = [
  '- {name: shared, set: {algorithm: perfit}}',
  '- {name: mean, set: {algorithm: perfit, aggregator: weighted-mean}}',
  '- {name: ditto, set: {algorithm: ditto}}',
  '- {name: ditto-half, set: {algorithm: ditto, adoption: {name: interpolate, lambda: 0.5}}}',
];
const listOf = (lines: readonly string[]) => {
  const path = join(fresh(), 'list.yaml');
  writeFileSync(path, lines.join('\n'));
  return path;
};
const list = listOf(cells);

describe('runSweep', () => {
  let whole: Awaited<ReturnType<typeof play>>;
  beforeAll(async () => {
    whole = await play({ list, seeds: [1, 2] });
  }, 120_000);

  it('takes equal first local steps once, and nothing changes by it but time', async () => {
    const apart = await play({ list: listOf([cells[1]!, cells[3]!]), seeds: [1] }, { reuse: false });
    const reused = (events: readonly RoundEvent[]) => events.map((event) => 'reused' in event);
    const plain = (events: readonly RoundEvent[]) =>
      events.map((event) => {
        const { reused: _, ...rest } = event as RoundEvent & { reused?: unknown };
        return rest;
      });
    const count = (job: string) => reused(whole.told.get(job)!).filter(Boolean).length;
    expect([...whole.told.keys()].map(count)).toEqual([0, 2, 0, 2, 0, 2, 0, 2]);
    expect([...apart.told.keys()]).toEqual(['mean 1', 'ditto-half 1']);
    for (const [job, events] of apart.told) {
      expect(reused(events)).not.toContain(true);
      expect(plain(whole.told.get(job)!)).toEqual(plain(events));
    }
    for (const cell of ['mean', 'ditto-half']) {
      const [a, b] = [whole, apart].map(({ out }) => join(out, 'cells', cell, 'seed-1'));
      const files = readdirSync(b!, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /summary|clients.*\./.test(name),
      );
      expect(files.length).toBeGreaterThan(8);
      for (const name of files) expect(readFileSync(join(a!, name)).equals(readFileSync(join(b!, name)))).toBe(true);
    }
    // Nothing of what was shared is left behind.
    expect(existsSync(join(whole.out, 'cache'))).toBe(false);
  }, 120_000);

  it('sums up every cell over seeds and clients, against the first cell', () => {
    const { rows, machine, seeds, varied } = whole.results!;
    expect(rows.map(({ name }) => name)).toEqual(['shared', 'mean', 'ditto', 'ditto-half']);
    expect(seeds).toEqual([1, 2]);
    expect(varied).toEqual(['algorithm', 'aggregator', 'adoption']);
    expect(machine).toMatchObject({ node: process.versions.node, engine: engine.description });
    const [shared, mean] = rows;
    const figures = shared!.seeds.map(({ averages }) => averages.personal.afterDistribution.clientMean!);
    const { clientMean } = shared!.perplexity.personal.afterDistribution;
    expect(clientMean!.mean).toBeCloseTo((figures[0]! + figures[1]!) / 2, 10);
    // Two values: half the interval is 12.706 · |a − b| / 2.
    expect(clientMean!.interval![1] - clientMean!.mean).toBeCloseTo(
      6.35310236804 * Math.abs(figures[0]! - figures[1]!),
      6,
    );
    expect(shared!.paired).toMatchObject({ baseline: 'shared', afterDistribution: null });
    expect(Object.keys(mean!.paired.afterDistribution!.clients)).toEqual([
      '1/inn-1',
      '1/port-1',
      '2/inn-1',
      '2/port-1',
    ]);
    const ratios = mean!.seeds.flatMap((seed, s) =>
      Object.entries(seed.clients).map(([id, line]) =>
        Math.log(line.personal.afterDistribution! / shared!.seeds[s]!.clients[id]!.personal.afterDistribution!),
      ),
    );
    expect(Math.log(mean!.paired.afterDistribution!.ratio)).toBeCloseTo(ratios.reduce((a, b) => a + b) / 4, 10);
    // FLOPs are booked although the steps were taken over.
    expect(mean!.flops).toEqual(shared!.flops);
    expect(mean!.seeds.map(({ reused }) => reused)).toEqual([2, 2]);
  });

  it('writes the table thrice, and every cell its own', () => {
    const read = (name: string) => readFileSync(join(whole.out, name), 'utf8');
    const results = JSON.parse(read('results.json'));
    expect(results).toEqual(JSON.parse(JSON.stringify(whole.results)));
    expect(JSON.stringify(results)).not.toContain(whole.out);
    const [head, first, ...lines] = read('results.csv').trimEnd().split('\r\n');
    expect(head).toMatch(/^cell,method,algorithm,aggregator,adoption,seeds,after_distribution_client_mean,/);
    expect(first).toMatch(/^shared,perfit,perfit,,,2,/);
    expect(lines).toHaveLength(3);
    expect(first!.split(',')[6]).toBe(String(results.rows[0].perplexity.personal.afterDistribution.clientMean.mean));
    const markdown = read('results.md').split('\n');
    expect(markdown[2]).toMatch(/^\| cell \| after distribution \|/);
    expect(markdown[4]).toMatch(/^\| shared \| \d+\.\d+ ± \d/);
    expect(markdown[0]).toContain('8 first local trainings were taken over');
    expect(JSON.parse(read('cells/mean/result.json'))[0].seeds).toEqual(results.rows[1].seeds);
  });

  it('skips on resume what is done, and runs what is new', async () => {
    const again = await play({ list, seeds: [1, 2] }, { out: whole.out, resume: true });
    expect([...again.told.keys()]).toEqual([]);
    expect(again.results).toEqual(whole.results);
    const more = await play({ list, seeds: [1, 2], vary: ['algorithm=untuned'] }, { out: whole.out, resume: true });
    expect([...more.told.keys()]).toEqual(['untuned 1', 'untuned 2']);
    expect(more.results!.rows[0]!.perplexity.personal.afterLocal.clientMean).toBeNull();
    expect(more.results!.rows[2]!.paired).toMatchObject({ baseline: 'untuned', afterLocal: null });
  }, 60_000);

  it('refuses another configuration in the same directory before anything runs, and a directory that is not empty', async () => {
    await expect(
      play({ list, seeds: [1], overrides: ['steps=3'] }, { out: whole.out, resume: true }),
    ).rejects.toMatchObject({
      code: 'runtime/cell-failed',
      message: expect.stringMatching(/cell 'shared': .*another/),
    });
    await expect(play({ list }, { out: whole.out })).rejects.toMatchObject({ code: 'runtime/run-directory-exists' });
    await expect(play({ list }, { resume: true })).rejects.toMatchObject({ code: 'runtime/nothing-to-resume' });
  }, 60_000);

  it('names the cell that only the model or the data can refuse, before any other runs', async () => {
    const bad = play({ overrides: ['methods=[perfit]'], vary: ['targets=[q],[nothing-like-it]'] });
    await expect(bad).rejects.toMatchObject({ message: expect.stringMatching(/cell 'targets-nothing-like-it'/) });
  }, 60_000);

  it('goes on after its last whole round where it was stopped', async () => {
    const request = { overrides: ['rounds=2', 'methods=[fedit]'], vary: ['alpha=8'] };
    const stop = new AbortController();
    const stopping = (event: RoundEvent) => event.type === 'round-started' && event.round === 2 && stop.abort();
    const stopped = await play(request, {
      signal: stop.signal,
      sinks: () => [{ name: 'stop', attach: async (run) => void (await lastValueFrom(run.pipe(tap(stopping)))) }],
    });
    expect(stopped.results).toBeNull();
    expect(existsSync(join(stopped.out, 'results.json'))).toBe(false);
    const rest = await play(request, { out: stopped.out, resume: true });
    expect(rest.told.get('alpha-8 1')![0]).toMatchObject({ type: 'run-started', from: 2 });
    expect(rest.results!.rows[0]!.perplexity.personal.afterDistribution.clientMean!.interval).toBeNull();
  }, 60_000);
});
