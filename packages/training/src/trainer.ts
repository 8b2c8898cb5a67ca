import {
  type AdapterState,
  type Architecture,
  applyArchitecture,
  type Layout,
  lowRankFactors,
  type Start,
} from '@perfit/lora';
import type { Backbone } from '@perfit/models';
import type { Engine } from '@perfit/tensorflow';
import { batchStatistics } from './batch-statistics.js';
import type { Session, Trainer } from './contract.js';
import { errors } from './errors.js';
import { frozenWeights } from './frozen.js';
import { openLivePart } from './live-part.js';
import { openSession, type StepSide } from './session.js';
import { takeSteps } from './take-steps.js';

/**
 * Opens training of adapters over one frozen backbone. Borrows engine and backbone.
 *
 * @param options.scale σ: y = xWᵀ + σ (xAᵀ) Bᵀ.
 * @param options.start θ₀; where it is `subtracted`, σB₀A₀ is taken out of the frozen weights.
 * @param options.checkpointing Whether layers keep just their inputs for the backward: less memory, more time, the same
 * bits.
 * @throws `training/unknown-site`
 *
 * @example
 * const trainer = createTrainer({ engine, backbone, layout, scale: 2 });
 * const session = trainer.open({ state, localUpdate: plainUpdate(), optimizer: adamwDefaults });
 * const loss = session.step(batch, 1e-3);
 */
export function createTrainer(options: {
  readonly engine: Engine;
  readonly backbone: Backbone;
  readonly layout: Layout;
  readonly scale: number;
  readonly start?: Start | undefined;
  readonly checkpointing?: boolean;
}): Trainer {
  const { engine, backbone, layout, scale, start, checkpointing = false } = options;
  checkSites(layout, backbone);
  if (!Number.isFinite(scale))
    throw errors.make('bad-option', { what: `the scale is ${scale}`, cure: 'Use a finite number, alpha / rank' });
  const frozen = frozenWeights(engine, backbone.sites);
  const subtracted = start?.subtracted ? lowRankFactors(layout, start.values, -scale) : [];
  frozen.change(subtracted);
  const livePart = (architecture: Architecture) => openLivePart(engine, layout, architecture, { scale, frozen });

  /** A projector that holds a state's values. */
  const loaded = ({ values, architecture }: AdapterState) => {
    const part = livePart(architecture);
    const tensor = engine.upload(part.compact(applyArchitecture(values, architecture)), [part.layout.size]);
    part.projector.load(tensor);
    engine.dispose(tensor);
    return part;
  };

  const sides = new WeakMap<Session, StepSide>();
  const stepTogether: Trainer['stepTogether'] = (steps) => {
    const sidesOf = steps.map(({ session }) => session).map(sideOf);
    return takeSteps(
      engine,
      { backbone, frozen, checkpointing },
      steps.map(({ batch, learningRate }, index) => ({ side: sidesOf[index]!, batch, learningRate })),
    );
  };
  const sideOf = (session: Session, index: number, all: readonly Session[]): StepSide => {
    const side = sides.get(session);
    const twice = all.indexOf(session) < index;
    if (side && !twice) return side;
    throw errors.make('bad-steps', {
      what: `step ${index} of ${all.length} is of a session ${twice ? 'that has one already' : 'of another trainer'}`,
      cure: 'Give one step of each session, all opened by this trainer',
    });
  };

  return {
    layout,
    open: (options) => {
      const { session: own, side } = openSession({ engine, backbone, layout, livePart }, options);
      const session: Session = {
        ...own,
        step: (batch, learningRate) => stepTogether([{ session, batch, learningRate }])[0]!,
      };
      sides.set(session, side);
      return session;
    },
    stepTogether,
    project: (state) => {
      const { projector } = loaded(state);
      return { projector, dispose: projector.dispose };
    },
    statistics: (state, batches, needs) => {
      const part = loaded(state);
      try {
        return batchStatistics({ engine, backbone, part, state, batches, needs, checkpointing });
      } finally {
        part.projector.dispose();
      }
    },
    setResidual: (factors) => frozen.change([...subtracted, ...factors]),
    dispose: () => frozen.dispose(),
  };
}

/** Every site of the layout must be one of the backbone's, in the same shape. */
function checkSites(layout: Layout, backbone: Backbone): void {
  const known = new Map(backbone.sites.map((site) => [site.name, site]));
  for (const { name, in: width, out } of layout.sites) {
    const site = known.get(name);
    if (site?.in !== width || site.out !== out)
      throw errors.make('unknown-site', {
        what: `${name} is [${out}, ${width}] in the layout and ${site ? `[${site.out}, ${site.in}]` : 'absent'} in the backbone`,
        cure: 'Make the layout from the sites of this backbone',
      });
  }
}
