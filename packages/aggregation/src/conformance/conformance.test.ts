import { fullArchitecture } from '@perfit/lora';
import { sharedExclusive } from '../aggregators/shared-exclusive.js';
import { weightedMean } from '../aggregators/weighted-mean.js';
import type { Aggregator, Fold, ServerState, Update } from '../contract.js';
import { serverRule } from '../server-step.js';
import { testAggregator, testExclusiveLaws } from '../testing.js';

/** Runs a suite with globals of its own and gives the names of its tests that failed. */
function failures(suite: () => void): readonly string[] {
  const cases: { readonly name: string; readonly run: () => void }[] = [];
  const collect = Object.assign((name: string, run: () => void) => cases.push({ name, run }), {
    each: (rows: readonly unknown[]) => (name: string, run: (row: unknown) => void) => {
      for (const row of rows) cases.push({ name: name.replace(/%[si]/, String(row)), run: () => run(row) });
    },
  });
  const own = { test: collect, describe: (_: string, body: () => void) => body() };
  const jest = { test: globalThis.test, describe: globalThis.describe };
  Object.assign(globalThis, own);
  try {
    suite();
  } finally {
    Object.assign(globalThis, jest);
  }
  return cases
    .filter(({ run }) => {
      try {
        run();
        return false;
      } catch {
        return true;
      }
    })
    .map(({ name }) => name);
}

const mean = weightedMean();
/** The weighted mean with another fold around its own. */
const folding = (change: (fold: Fold, ...rest: Parameters<Aggregator['fold']>) => Partial<Fold>): Aggregator => ({
  ...mean,
  fold: (state, context) => {
    const fold = mean.fold(state, context);
    return { ...fold, ...change(fold, state, context) };
  },
});
const scaled = (state: ServerState, factor: number): ServerState => ({ g: state.g.map((value) => value * factor) });

let leak = 0;
const broken: Record<string, readonly [wrong: () => Aggregator, caught: string]> = {
  'ignores examples': [
    () => folding((fold) => ({ add: (update) => fold.add({ ...update, examples: update.examples && 1 }) })),
    'a client with nearly all examples decides the mean',
  ],
  'adds the number of examples up': [
    () => {
      let sum = 0;
      return folding((fold) => ({
        add: (update) => {
          fold.add(update);
          sum += update.examples;
        },
        finish: () => scaled(fold.finish(), 1 + sum / 1e3),
      }));
    },
    'scaling every number of examples changes nothing beyond 1e-6',
  ],
  'counts the first update twice': [
    () =>
      folding((fold) => {
        let first = true;
        return {
          add: (update) => {
            fold.add(update);
            if (first) fold.add({ ...update, client: 'again' });
            first = false;
          },
        };
      }),
    'the order of the updates changes nothing beyond 1e-6',
  ],
  'draws without the stream that it is given': [
    () => folding((fold) => ({ finish: () => scaled(fold.finish(), 1 + leak++ / 1e4) })),
    'the same updates in the same order give the same bits',
  ],
  'keeps updates until the end': [
    () =>
      folding((fold) => {
        const kept: Update[] = [];
        const finish = () => {
          for (const update of kept) fold.add(update);
          return fold.finish();
        };
        return { add: (update) => kept.push(update), finish };
      }),
    'streams: an update may be overwritten once it is added, and the round is that of the batch',
  ],
  'writes into an update': [
    () =>
      folding((fold) => ({
        add: (update) => {
          fold.add(update);
          update.values.fill(0);
        },
      })),
    'alters neither updates, state, registry nor start',
  ],
  'hands out its state': [
    () => ({ ...mean, globalModule: ({ g }) => g as Float32Array }),
    'alters neither updates, state, registry nor start',
  ],
  'keeps the start': [
    () => ({ ...mean, initialize: (_, g) => ({ g }) }),
    'alters neither updates, state, registry nor start',
  ],
  'remembers rounds outside of the state': [
    () => {
      let rounds = 0;
      return folding((fold) => ({ finish: () => scaled(fold.finish(), 1 + rounds++ / 1e3) }));
    },
    'saved and restored between rounds, it goes on with the same bits',
  ],
  'remembers clients': [
    () =>
      folding((fold, _, { round }) => ({
        finish: () => ({ ...fold.finish(), [`round ${round}`]: new Float32Array(leak++) }),
      })),
    'its state grows with the adapter, not with the clients',
  ],
  'decays where nobody sent anything': [
    () => folding((fold) => ({ finish: () => scaled(fold.finish(), 0.5) })),
    'a round without an update leaves the state as it was, the first and a later one',
  ],
  'sends what the receiver does not hold': [
    () => ({
      ...mean,
      download: ({ g }) => ({ mask: fullArchitecture(g.length), values: Float32Array.from(g) }),
    }),
    'sends finite values inside of the receiver’s shared positions, at every stage',
  ],
  'promises a vector and does not send it': [
    () => ({ ...mean, sends: ['control'] }),
    'clients of different ranks: every mask is 0 above its client’s rank',
  ],
  'has a residual of a site that is not there': [
    () => ({ ...mean, residual: () => [{ site: 'x', rank: 1, A: new Float32Array(5), B: new Float32Array(3) }] }),
    'sends finite values inside of the receiver’s shared positions, at every stage',
  ],
  'divides by a sum of norms': [
    () =>
      folding((fold) => {
        let norm = 0;
        return {
          add: (update) => {
            fold.add(update);
            norm += update.values.length;
          },
          finish: () => scaled(fold.finish(), norm / norm),
        };
      }),
    'clients from which nothing travels, one of them or all',
  ],
  'takes σ into the values': [
    () => folding((fold, _, { scale }) => ({ finish: () => scaled(fold.finish(), scale) })),
    'the scale σ moves the residual in proportion, and nothing else',
  ],
  'has a residual without σ': [
    () => ({
      ...mean,
      residual: ({ g }) => [
        {
          site: 'model.layers.0.self_attn.q_proj',
          rank: 1,
          A: Float32Array.from(g.subarray(0, 5)),
          B: new Float32Array(3).fill(1),
        },
      ],
    }),
    'the scale σ moves the residual in proportion, and nothing else',
  ],
  'names a point that it does not send': [
    () => ({ ...mean, point: { ...mean.point!, write: (state) => state } }),
    'its point is what downloads are cut from: written, it is what is read and sent',
  ],
  'takes an update without the vector that it demands': [
    () => ({ ...mean, demands: { vectors: ['control'] } }),
    'no vector control, and the round goes on without it',
  ],
  'takes a second update': [
    () => {
      let again = 0;
      return folding((fold) => ({ add: (update) => fold.add({ ...update, client: `${update.client}/${again++}` }) }));
    },
    'a second update of one client, and one after the end',
  ],
  'takes any state': [
    () => ({ ...mean, fold: (_, context) => mean.fold({ g: new Float32Array(context.layout.size) }, context) }),
    'a state of another layout',
  ],
};

test.each(Object.keys(broken))('the suite catches a rule that %s', (name) => {
  const [wrong, caught] = broken[name];
  expect(failures(() => testAggregator(wrong))).toContain(caught);
});

test('the suite passes a rule that keeps the contract, under globals that are not jest’s', () => {
  expect(failures(() => testAggregator(() => weightedMean()))).toEqual([]);
  expect(failures(() => testExclusiveLaws((options) => sharedExclusive(options)))).toEqual([]);
});

test('law 3 catches a rule that shares too early, and one that writes where nothing is shared', () => {
  expect(failures(() => testExclusiveLaws(() => sharedExclusive({ minHolders: 1 })))).toContain(
    'law 3: disjoint masks exchange nothing, round after round (seed 1)',
  );
  const writing = (options: { readonly minHolders: number }): Aggregator => {
    const rule = sharedExclusive(options);
    return {
      ...rule,
      fold: (state, context) => {
        const fold = rule.fold(state, context);
        const finish = () => {
          const next = fold.finish();
          return { ...next, g: next.g.map((value) => value + 1) as Float32Array };
        };
        return { ...fold, finish };
      },
    };
  };
  expect(failures(() => testExclusiveLaws(writing))).toContain(
    'law 3: what is exclusive after a round is not written in it (seed 1)',
  );
});

test('a rule of one’s own as a server rule keeps the contract too', () => {
  const half = serverRule({ name: 'half', moments: {}, step: (delta) => delta / 2 });
  expect(failures(() => testAggregator(() => half.wrap(weightedMean()), { weighted: false }))).toEqual([]);
});
