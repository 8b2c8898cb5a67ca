import {
  type Architecture,
  architectureFrom,
  difference,
  isLive,
  parametersAtRank,
  rankArchitecture,
  symmetric,
  zero,
} from '@perfit/lora';
import { sampleWeight, seededRandom } from '@perfit/lora/testing';
import fc from 'fast-check';
import {
  cubic,
  first,
  geometric,
  type Importance,
  linear,
  magnitude,
  mixed,
  nasFactories,
  oneShot,
  random,
  registerNas,
  type SearchOptions,
  search,
  second,
  type Trainee,
  weight,
} from './index.js';
import { regressionTrainee } from './testing.js';

const refuses = (code: string) => expect.objectContaining({ code: `nas/${code}` });

const plan = (trainee: Trainee, change: Partial<SearchOptions> = {}): SearchOptions => ({
  trainee,
  importance: first(),
  schedule: cubic(),
  granularity: weight(),
  iterations: 4,
  stepsBetween: 1,
  ...change,
});

test('ends with exactly K live positions, whatever the strategies (law 2)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(first, second, mixed, magnitude, random),
      fc.constantFrom(oneShot, linear, cubic, geometric),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      async (importance, schedule, iterations, stepsBetween, expansion) => {
        const { trainee, values, calls } = regressionTrainee(symmetric(), { expansion });
        const options = { importance: importance(), schedule: schedule(), iterations, stepsBetween };
        const { architecture, iterations: records, unused } = await search(plan(trainee, options));
        expect(architecture.live).toBe(trainee.budget);
        expect(unused).toBe(0);
        expect(records.at(-1)!.live).toBe(trainee.budget);
        expect(values().every((value, position) => value === 0 || isLive(architecture, position))).toBe(true);
        expect(calls.filter((call) => call === `train ${stepsBetween}`)).toHaveLength(iterations);
      },
    ),
    { numRuns: 30 },
  );
});

test('records what each iteration did, the loss before and after pruning included', async () => {
  const { trainee } = regressionTrainee(symmetric());
  const { iterations, splitPairs } = await search(plan(trainee, { schedule: linear() }));
  const P = trainee.layout.size;
  expect(iterations.map(({ live }) => live)).toEqual([1, 2, 3, 4].map((i) => P - Math.round(((P / 2) * i) / 4)));
  for (const { lossBefore, lossAfter, zeroShare } of iterations) {
    expect(lossAfter).not.toBe(lossBefore);
    expect(Number.isFinite(lossAfter)).toBe(true);
    // Later on a row of A may score 0: its column of B is pruned.
    for (const share of [zeroShare.A, zeroShare.B]) expect(share).toBeLessThan(0.5);
  }
  expect(iterations[0].zeroShare).toEqual({ A: 0, B: 0 });
  expect(splitPairs.pairs).toBe(P / 2);
  expect(splitPairs.split).toBeGreaterThan(0);
});

test('a dead position never comes back', async () => {
  const { trainee } = regressionTrainee(symmetric());
  const seen: Architecture[] = [];
  const watched: Trainee = {
    ...trainee,
    prune: async (next) => {
      seen.push(next);
      await trainee.prune(next);
    },
  };
  await search(plan(watched, { importance: random() }));
  expect(seen).toHaveLength(4);
  for (let i = 1; i < seen.length; i++) expect(difference(seen[i], seen[i - 1]).live).toBe(0);
});

test.each<[string, () => Importance]>([
  ['first', first],
  ['second', second],
  ['mixed', mixed],
])('the zero start makes every %s score of A vanish: refused with a cure (law 6)', async (name, importance) => {
  const { trainee, calls } = regressionTrainee(zero());
  await expect(search(plan(trainee, { importance: importance() }))).rejects.toThrow(
    `[perfit/nas] every score of A under the importance "${name}" is exactly 0 (Measurement Vanishing). ` +
      'Start from the initialization symmetric',
  );
  expect(calls).toEqual(['train 1']);
});

test('scores of the zero start at step 0 are all exactly 0, and both factors are named', async () => {
  const { trainee } = regressionTrainee(zero());
  const untouched: Trainee = {
    ...trainee,
    train: async () => {
      const { values } = zero().initialize({
        layout: trainee.layout,
        random: seededRandom(1),
        scale: 1,
        frozen: sampleWeight,
      });
      const inB = new Set(trainee.layout.slots.filter(({ factor }) => factor === 'B'));
      const gradient = new Float32Array(values.length);
      for (const { offset, size } of inB) gradient.fill(0.5, offset, offset + size);
      return { values, gradient, fisher: gradient.map((g) => g * g) };
    },
  };
  for (const importance of [first(), second(), mixed()])
    await expect(search(plan(untouched, { importance }))).rejects.toThrow('every score of A and of B under');
});

test('vanishing scores may be allowed, and are recorded', async () => {
  const { trainee } = regressionTrainee(zero());
  const { architecture, iterations } = await search(plan(trainee, { allowVanishing: true, iterations: 1 }));
  expect(architecture.live).toBe(trainee.budget);
  expect(iterations[0].zeroShare).toEqual({ A: 1, B: 0 });
});

test('a second step gives the zero start scores', async () => {
  const { trainee } = regressionTrainee(zero());
  const { architecture } = await search(plan(trainee, { stepsBetween: 2 }));
  expect(architecture.live).toBe(trainee.budget);
});

test('e = 1: nothing is pruned, not even by vanishing scores, and the same steps are taken (law 5)', async () => {
  const { trainee, calls } = regressionTrainee(zero(), { rank: 4, expansion: 1 });
  const { architecture, iterations, unused, splitPairs } = await search(
    plan(trainee, { iterations: 3, stepsBetween: 2 }),
  );
  expect(architecture).toBe(trainee.architecture);
  expect(calls).toEqual(['train 2', 'train 2', 'train 2']);
  expect(unused).toBe(0);
  expect(splitPairs.split).toBe(0);
  for (const { live, lossBefore, lossAfter } of iterations) {
    expect(live).toBe(trainee.layout.size);
    expect(lossAfter).toBe(lossBefore);
  }
});

test('a client of a lower rank is searched within it', async () => {
  const { trainee } = regressionTrainee(symmetric(), { rank: 2, expansion: 2 });
  const architecture = rankArchitecture(trainee.layout, 2);
  const own: Trainee = { ...trainee, architecture, budget: parametersAtRank(trainee.layout.sites, 1) };
  const found = await search(plan(own));
  expect(found.architecture.live).toBe(parametersAtRank(trainee.layout.sites, 1));
  expect(difference(found.architecture, architecture).live).toBe(0);
  expect(found.splitPairs.pairs).toBe(parametersAtRank(trainee.layout.sites, 1));
});

test('what a coarse granularity cannot use is reported', async () => {
  const { trainee } = regressionTrainee(symmetric());
  const wasteful = {
    name: 'wasteful',
    select: ({ layout, keep }: { layout: { size: number }; keep: number }) =>
      architectureFrom(layout.size, (position) => position < keep - 3),
  };
  const { unused, architecture } = await search(plan(trainee, { granularity: wasteful, schedule: oneShot() }));
  expect(unused).toBe(3);
  expect(architecture.live).toBe(trainee.budget - 3);
});

test('the same streams give the same architecture', async () => {
  const run = async () =>
    (await search(plan(regressionTrainee(symmetric()).trainee, { importance: random() }))).architecture;
  expect(await run()).toEqual(await run());
});

test('scores that are NaN are refused', async () => {
  const { trainee } = regressionTrainee(symmetric());
  const broken: Importance = {
    name: 'broken',
    needs: [],
    score: ({ layout }) => new Float32Array(layout.size).fill(Number.NaN),
  };
  await expect(search(plan(trainee, { importance: broken }))).rejects.toThrow(refuses('not-a-number'));
});

test('wrong use and strategies that break their word are refused', async () => {
  const { trainee } = regressionTrainee(symmetric());
  const attempt = (change: Partial<SearchOptions>) => search(plan(trainee, change));
  await expect(attempt({ iterations: 0 })).rejects.toThrow(refuses('bad-search'));
  await expect(attempt({ stepsBetween: 1.5 })).rejects.toThrow(refuses('bad-search'));
  await expect(attempt({ trainee: { ...trainee, budget: 0 } })).rejects.toThrow(refuses('bad-search'));
  const keeps = (keep: number) => attempt({ schedule: { name: 'x', keep: () => keep } });
  for (const keep of [trainee.budget - 1, trainee.layout.size + 1, trainee.budget + 0.5, Number.NaN])
    await expect(keeps(keep)).rejects.toThrow(refuses('bad-schedule'));
  const all = { name: 'x', select: ({ architecture }: { architecture: Architecture }) => architecture };
  await expect(attempt({ granularity: all })).rejects.toThrow(refuses('bad-selection'));
  const short: Importance = { name: 'x', needs: [], score: () => new Float32Array(1) };
  await expect(attempt({ importance: short })).rejects.toThrow(refuses('size-mismatch'));
});

test('every strategy is registered, and refuses options that it does not know', () => {
  const registered: unknown[] = [];
  registerNas({
    register: (_token: unknown, { useValue }: { useValue: unknown }) => registered.push(useValue),
  } as never);
  expect(registered).toEqual(nasFactories);
  expect(nasFactories.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
    'importance/first',
    'importance/second',
    'importance/mixed',
    'importance/sensitivity',
    'importance/magnitude',
    'importance/gradient',
    'importance/random',
    'importance/per-flop',
    'schedule/one-shot',
    'schedule/linear',
    'schedule/cubic',
    'schedule/geometric',
    'granularity/weight',
    'granularity/rank',
    'granularity/site',
    'granularity/prefix',
    'granularity/prefix-weight',
    'budget/fixed',
    'budget/by-examples',
    'budget/by-loss-tokens',
  ]);
  for (const { optionsSchema, make, name } of nasFactories) {
    expect(make(optionsSchema.parse({}), { resolve: () => first() }).name).toBe(name);
    expect(optionsSchema.safeParse({ unknown: 1 }).success).toBe(false);
  }
});
