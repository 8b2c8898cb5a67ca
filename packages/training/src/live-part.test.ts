import {
  type AdapterState,
  type Architecture,
  applyArchitecture,
  architectureFrom,
  emptyArchitecture,
  fullArchitecture,
  isLive,
  slotsBySite,
} from '@perfit/lora';
import type { ProjectionGroup } from '@perfit/models';
import { apart, useGoldenAdapter } from '../goldens/golden-adapter.js';
import { adamwDefaults } from './adamw.js';
import type { LocalUpdate, Session, SessionOptions } from './contract.js';
import { frozenWeights } from './frozen.js';
import { openLivePart } from './live-part.js';
import { plainUpdate } from './plain.js';
import { scaffoldUpdate } from './scaffold.js';
import { openSession } from './session.js';
import { takeSteps } from './take-steps.js';

const fixture = useGoldenAdapter();

/** Positions of the rank components k of a site that a predicate accepts. */
function components(accepts: (layer: number, k: number, name: string) => boolean): Architecture {
  const { layout } = fixture.golden.adapter;
  const live = new Uint8Array(layout.size);
  for (const { site, A, B } of slotsBySite(layout))
    for (let k = 0; k < A.rows; k++) {
      if (!accepts(site.layer, k, site.name)) continue;
      live.fill(1, A.offset + k * A.columns, A.offset + (k + 1) * A.columns);
      for (let o = 0; o < B.rows; o++) live[B.offset + o * B.columns + k] = 1;
    }
  return architectureFrom(layout.size, (position) => live[position] === 1);
}

const shapes: readonly (readonly [string, () => Architecture])[] = [
  ['the upper layers', () => components((layer) => layer > 0)],
  ['a rank of its own for every site', () => components((layer, k, name) => k <= (layer + name.length) % 2)],
  ['one site', () => components((layer, _, name) => layer === 1 && name.endsWith('v_proj'))],
  [
    'a part of some components',
    () => {
      const { layout } = fixture.golden.adapter;
      const some = components((_, k) => k > 0);
      return architectureFrom(layout.size, (p) => p % 3 !== 0 && isLive(some, p));
    },
  ],
];
const strict = { ...adamwDefaults, weightDecay: 0.1, clip: 1 };

/** A session that computes with the whole layout, whatever is live. */
function openWhole(options: Partial<SessionOptions>): Session {
  const { golden, adapter } = fixture;
  const { engine, backbone } = golden;
  const { layout, scale } = golden.adapter;
  const frozen = frozenWeights(engine, backbone.sites);
  const livePart = () => openLivePart(engine, layout, fullArchitecture(layout.size), { scale, frozen });
  const { session, side } = openSession(
    { engine, backbone, layout, livePart },
    { state: adapter, localUpdate: plainUpdate(), optimizer: adamwDefaults, ...options },
  );
  const over = { backbone, frozen, checkpointing: false };
  return {
    ...session,
    step: (batch, learningRate) => takeSteps(engine, over, [{ side, batch, learningRate }])[0]!,
  };
}

/** Five steps: their losses, statistics of the last, and all that a session tells afterwards. */
function train(open: typeof openWhole, state: AdapterState, prune?: Architecture) {
  const { golden, adapter } = fixture;
  const vectors = { control: adapter.values.map((_, p) => Math.sin(p) / 100) };
  const session = open({ optimizer: strict, localUpdate: scaffoldUpdate(), vectors, state });
  const losses = [1, 2].map(() => session.step(golden.batch, 1e-2));
  if (prune) session.prune(prune);
  losses.push(session.step(golden.batch, 1e-2));
  session.gather(['gradient', 'fisher']);
  losses.push(session.step(golden.batch, 1e-2));
  const statistics = session.statistics();
  losses.push(session.step(golden.batch, 1e-2), ...session.losses(golden.batch));
  const { remember } = session.conclude();
  const { A, B } = session.gradientNorms();
  const told = {
    losses: Float32Array.from(losses),
    values: session.values(),
    anchor: session.anchor(),
    norms: Float32Array.of(A, B),
    gradient: statistics.gradient,
    fisher: statistics.fisher!,
    control: applyArchitecture(remember!.ownControl!, session.architecture()),
  };
  session.dispose();
  return told;
}

describe.each(shapes)('an architecture that leaves %s trains as on the whole layout', (_, make) => {
  const expectSame = (a: ReturnType<typeof train>, b: ReturnType<typeof train>) => {
    for (const name of Object.keys(a) as (keyof typeof a)[])
      expect([name, apart(a[name], b[name]) < 1e-4]).toEqual([name, true]);
  };

  test('from the start', () => {
    const state = { values: fixture.adapter.values, architecture: make() };
    expectSame(train(fixture.open, state), train(openWhole, state));
  });

  test('where it is found in the middle of a session', () => {
    const architecture = make();
    expectSame(train(fixture.open, fixture.adapter, architecture), train(openWhole, fixture.adapter, architecture));
  });

  test('and where it is left again', () => {
    const { golden, open, adapter } = fixture;
    const session = open();
    session.prune(make());
    const pruned = session.values();
    const before = session.losses(golden.batch);
    session.prune(fullArchitecture(pruned.length));
    // A pruned value may be −0.
    expect(apart(session.values(), pruned)).toBe(0);
    expect(apart(session.losses(golden.batch), before)).toBeLessThan(1e-6);
    session.write(adapter.values);
    expect(session.values()).toEqual(adapter.values);
    session.dispose();
  });
});

test('what is left out is not computed: sites without a live position are not adapted, layers below not changed', () => {
  const { golden, trainer, adapter } = fixture;
  const { backbone } = golden;
  const upper = trainer.project({ values: adapter.values, architecture: components((layer) => layer > 0) });
  const all = trainer.project(adapter);
  expect([backbone.unchangedLayers(upper.projector), backbone.unchangedLayers(all.projector)]).toEqual([1, 0]);
  const group = (layer: number): ProjectionGroup => ({
    sites: backbone.sites.filter((site) => site.layer === layer && site.name.endsWith('o_proj')),
    weight: undefined as never,
  });
  expect([0, 1].map((layer) => upper.projector.adapts(group(layer)))).toEqual([false, true]);
  upper.dispose();
  all.dispose();
});

test('a changed frozen weight counts as changed, though nothing adapts it', () => {
  const { golden, trainer, adapter } = fixture;
  const { backbone } = golden;
  const architecture = components((layer) => layer > 0);
  const [first] = backbone.sites;
  trainer.setResidual([
    { site: first!.name, rank: 1, A: new Float32Array(first!.in).fill(1), B: new Float32Array(first!.out).fill(1) },
  ]);
  const { projector, dispose } = trainer.project({ values: adapter.values, architecture });
  expect(backbone.unchangedLayers(projector)).toBe(0);
  trainer.setResidual([]);
  expect(backbone.unchangedLayers(projector)).toBe(1);
  dispose();
});

test('vectors on the engine have the size of the live part; moves leave nothing behind', () => {
  const sizes: number[] = [];
  const watching: LocalUpdate = {
    name: 'watching',
    receives: ['push'],
    prepare: (engine, { layout, architecture }) => {
      sizes.push(layout.size);
      expect(architecture.size).toBe(layout.size);
      return { prepared: engine.upload(new Float32Array(layout.size), [layout.size]) };
    },
    correct: (_, { gradient, values, anchor, vectors }) => {
      sizes.push(...[gradient, values, anchor, vectors.push!, vectors.prepared!].map(({ shape }) => shape[0]!));
      return gradient;
    },
  };
  const { golden, open } = fixture;
  const { engine, batch } = golden;
  const live = engine.live();
  const session = open({ localUpdate: watching });
  const full = golden.adapter.layout.size;
  session.step(batch, 1e-3);
  expect(sizes).toEqual(Array(6).fill(full));
  sizes.length = 0;
  const half = components((_, k) => k === 0);
  session.prune(half);
  session.step(batch, 1e-3);
  expect(sizes).toEqual(Array(6).fill(half.live));
  session.prune(emptyArchitecture(full));
  expect(Math.max(...session.values().map(Math.abs))).toBe(0);
  expect(session.step(batch, 1e-3)).toBeGreaterThan(0);
  session.dispose();
  expect(engine.live()).toBe(live);
});
