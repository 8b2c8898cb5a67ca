import { type AdapterState, applyArchitecture, type Layout, lowRankFactors, type Start } from '@perfit/lora';
import type { Backbone } from '@perfit/models';
import type { Engine, Tensor } from '@perfit/tensorflow';
import { createAdaptedProjector } from './adapted-projector.js';
import { batchStatistics } from './batch-statistics.js';
import type { Trainer } from './contract.js';
import { errors } from './errors.js';
import { frozenWeights } from './frozen.js';
import { openSession } from './session.js';

/**
 * Opens training of adapters over one frozen backbone. Borrows engine and backbone.
 *
 * @param options.scale σ: y = xWᵀ + σ (xAᵀ) Bᵀ.
 * @param options.start θ₀; where it is `subtracted`, σB₀A₀ is taken out of the frozen weights.
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
}): Trainer {
  const { engine, backbone, layout, scale, start } = options;
  checkSites(layout, backbone);
  if (!Number.isFinite(scale))
    throw errors.make('bad-option', { what: `the scale is ${scale}`, cure: 'Use a finite number, alpha / rank' });
  const frozen = frozenWeights(engine, backbone.sites);
  const subtracted = start?.subtracted ? lowRankFactors(layout, start.values, -scale) : [];
  frozen.change(subtracted);
  const scales = uploadScales(engine, layout, scale);
  const newProjector = () => createAdaptedProjector(engine, { layout, scales, frozen: frozen.weight });
  const parts = () => ({ engine, backbone, layout, projector: newProjector() });

  /** A projector that holds a state's values. */
  const loaded = ({ values, architecture }: AdapterState) => {
    const projector = newProjector();
    const tensor = engine.upload(applyArchitecture(values, architecture), [layout.size]);
    projector.load(tensor);
    engine.dispose(tensor);
    return projector;
  };

  return {
    layout,
    open: (session) => openSession(parts(), session),
    project: (state) => {
      const projector = loaded(state);
      return { projector, dispose: projector.release };
    },
    statistics: (state, batches, needs) => {
      const projector = loaded(state);
      try {
        return batchStatistics({ engine, backbone, projector, state, batches, needs });
      } finally {
        projector.release();
      }
    },
    setResidual: (factors) => frozen.change([...subtracted, ...factors]),
    dispose: () => {
      frozen.dispose();
      engine.dispose(scales);
    },
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

/** s `[P]`: σ on B, 1 on A. */
function uploadScales(engine: Engine, layout: Layout, scale: number): Tensor {
  const scales = new Float32Array(layout.size).fill(1);
  for (const { factor, offset, size } of layout.slots) if (factor === 'B') scales.fill(scale, offset, offset + size);
  return engine.upload(scales, [layout.size]);
}
