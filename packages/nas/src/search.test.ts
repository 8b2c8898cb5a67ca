import {
  type Architecture,
  applyArchitecture,
  architectureFrom,
  createLayout,
  difference,
  fullArchitecture,
  type Initialization,
  isLive,
  mergeDelta,
  parametersAtRank,
  rankArchitecture,
  slotsBySite,
  symmetric,
  zero,
} from '@perfit/lora';
import { sampleSites, sampleWeight, seededRandom } from '@perfit/lora/testing';
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

const sites = sampleSites(1);
const refuses = (code: string) => expect.objectContaining({ code: `nas/${code}` });

/** Adapters trained to become given matrices T: L = ½ Σ_s ‖B_s A_s − T_s‖², by plain gradient descent. */
function regression(initialization: Initialization, { rank = 2, expansion = 2, seed = 1 } = {}) {
  const layout = createLayout(sites, rank * expansion);
  const start = initialization.initialize({ layout, random: seededRandom(seed), scale: 1, frozen: sampleWeight });
  let values = start.values;
  let architecture: Architecture = fullArchitecture(layout.size);
  const calls: string[] = [];
  const errorOf = (site: (typeof sites)[number]) => {
    const target = sampleWeight(site);
    return mergeDelta(layout, values, site, 1).map((entry, i) => entry - target[i]);
  };
  const gradientNow = () => {
    const gradient = new Float32Array(layout.size);
    for (const { site, A, B } of slotsBySite(layout)) {
      const error = errorOf(site);
      for (let o = 0; o < site.out; o++)
        for (let i = 0; i < site.in; i++)
          for (let k = 0; k < A.rows; k++) {
            const a = A.offset + k * site.in + i;
            const b = B.offset + o * B.columns + k;
            gradient[a] += values[b] * error[o * site.in + i];
            gradient[b] += values[a] * error[o * site.in + i];
          }
    }
    return gradient;
  };
  const trainee: Trainee = {
    layout,
    budget: parametersAtRank(sites, rank),
    architecture,
    random: seededRandom(seed + 100),
    train: async (steps) => {
      calls.push(`train ${steps}`);
      const sum = new Float64Array(layout.size);
      const squares = new Float64Array(layout.size);
      for (let step = 0; step < steps; step++) {
        const gradient = gradientNow();
        gradient.forEach((g, i) => {
          sum[i] += g / steps;
          squares[i] += (g * g) / steps;
        });
        values = applyArchitecture(
          values.map((value, i) => value - 0.05 * gradient[i]),
          architecture,
        );
      }
      return { values: values.slice(), gradient: Float32Array.from(sum), fisher: Float32Array.from(squares) };
    },
    loss: async () => sites.reduce((loss, site) => loss + errorOf(site).reduce((sum, e) => sum + (e * e) / 2, 0), 0),
    prune: async (next) => {
      calls.push(`prune ${next.live}`);
      architecture = next;
      values = applyArchitecture(values, next);
    },
  };
  return { trainee, calls, values: () => values };
}

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
        const { trainee, values, calls } = regression(symmetric(), { expansion });
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
  const { trainee } = regression(symmetric());
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
  const { trainee } = regression(symmetric());
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
  const { trainee, calls } = regression(zero());
  await expect(search(plan(trainee, { importance: importance() }))).rejects.toThrow(
    `[perfit/nas] every score of A under the importance "${name}" is exactly 0 (Measurement Vanishing). ` +
      'Start from the initialization symmetric',
  );
  expect(calls).toEqual(['train 1']);
});

test('scores of the zero start at step 0 are all exactly 0, and both factors are named', async () => {
  const { trainee } = regression(zero());
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
  const { trainee } = regression(zero());
  const { architecture, iterations } = await search(plan(trainee, { allowVanishing: true, iterations: 1 }));
  expect(architecture.live).toBe(trainee.budget);
  expect(iterations[0].zeroShare).toEqual({ A: 1, B: 0 });
});

test('a second step gives the zero start scores', async () => {
  const { trainee } = regression(zero());
  const { architecture } = await search(plan(trainee, { stepsBetween: 2 }));
  expect(architecture.live).toBe(trainee.budget);
});

test('e = 1: nothing is pruned, not even by vanishing scores, and the same steps are taken (law 5)', async () => {
  const { trainee, calls } = regression(zero(), { rank: 4, expansion: 1 });
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
  const { trainee } = regression(symmetric(), { rank: 2, expansion: 2 });
  const architecture = rankArchitecture(trainee.layout, 2);
  const own: Trainee = { ...trainee, architecture, budget: parametersAtRank(sites, 1) };
  const found = await search(plan(own));
  expect(found.architecture.live).toBe(parametersAtRank(sites, 1));
  expect(difference(found.architecture, architecture).live).toBe(0);
  expect(found.splitPairs.pairs).toBe(parametersAtRank(sites, 1));
});

test('what a coarse granularity cannot use is reported', async () => {
  const { trainee } = regression(symmetric());
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
  const run = async () => (await search(plan(regression(symmetric()).trainee, { importance: random() }))).architecture;
  expect(await run()).toEqual(await run());
});

test('scores that are NaN are refused', async () => {
  const { trainee } = regression(symmetric());
  const broken: Importance = {
    name: 'broken',
    needs: [],
    score: ({ layout }) => new Float32Array(layout.size).fill(Number.NaN),
  };
  await expect(search(plan(trainee, { importance: broken }))).rejects.toThrow(refuses('not-a-number'));
});

test('wrong use and strategies that break their word are refused', async () => {
  const { trainee } = regression(symmetric());
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
    'importance/magnitude',
    'importance/gradient',
    'importance/random',
    'schedule/one-shot',
    'schedule/linear',
    'schedule/cubic',
    'schedule/geometric',
    'granularity/weight',
  ]);
  for (const { optionsSchema, make, name } of nasFactories) {
    expect(make(optionsSchema.parse({}), {}).name).toBe(name);
    expect(optionsSchema.safeParse({ unknown: 1 }).success).toBe(false);
  }
});
