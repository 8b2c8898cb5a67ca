import type { Layout } from '@perfit/lora';
import type { ProjectionGroup, Projector } from '@perfit/models';
import type { Engine, LowRankTerm, Tensor } from '@perfit/tensorflow';
import { type BatchSegments, exampleGradients, factorGradients, segmentsOf } from './factor-gradients.js';
import { cutFactors, type Factors, stackFactors } from './factors.js';
import type { FrozenWeights } from './frozen.js';
import { groupKey, groupPlanner } from './group-plan.js';

/** The adapted projection with its statistics tap. Owns what it prepares from θ; `release` ends that, `dispose` all. */
export interface AdaptedProjector extends Projector {
  /**
   * What it adds beside the frozen product of a group: u = x Aᵀ `[N, Σ R]`, the caller's, and B, borrowed; undefined where
   * no site of the group is adapted. Borrows x.
   */
  readonly term: (group: ProjectionGroup, x: Tensor) => LowRankTerm | undefined;
  /** The same of `backproject`: t = dy B and A, the gradients taken in on the way. Borrows both. */
  readonly backwardTerm: (group: ProjectionGroup, x: Tensor, dy: Tensor) => LowRankTerm | undefined;
  /** Takes θ `[P]` f32 (borrowed) for the calls to come. */
  readonly load: (values: Tensor) => void;
  /** Whether gradients of the calls to come are also taken per example, and where the examples lie; borrowed. */
  readonly begin: (segments?: BatchSegments) => void;
  /** Gradients since the last call, flat `[P]` f32: of the loss, and Σ (∂ℓ_j/∂w)² where examples were asked for. */
  readonly collect: () => { readonly gradient: Tensor; readonly squared: Tensor | undefined };
  readonly release: () => void;
  readonly dispose: () => void;
}

/**
 * Makes the projector of a layout. With σ folded into B once per step ("effective" values θ ∘ s, s = σ on B and 1 on
 * A) no product carries σ; gradients are turned back by s, squares by s².
 *
 * @param scale σ.
 */
export function createAdaptedProjector(
  engine: Engine,
  { layout, scale, frozen }: { readonly layout: Layout; readonly scale: number; readonly frozen: FrozenWeights },
): AdaptedProjector {
  const plan = groupPlanner(layout);
  const scales = uploadScales(engine, layout, scale);
  const sizes = layout.slots.map((slot) => slot.size);
  const groups = new Map<string, Factors>();
  let slots: readonly Tensor[] = [];
  let examples: BatchSegments | undefined;
  let gradients: (Tensor | undefined)[] = [];
  let squares: (Tensor | undefined)[] = [];

  const release = (): void => {
    for (const { A, B } of groups.values()) engine.dispose(A, B);
    groups.clear();
    engine.dispose(...slots, ...gradients, ...squares);
    slots = [];
    gradients = [];
    squares = [];
  };

  const factorsOf = (group: ProjectionGroup) => {
    const key = groupKey(group);
    const known = groups.get(key);
    if (known) return known;
    const made = stackFactors(engine, plan(group), slots);
    groups.set(key, made);
    return made;
  };

  /** One flat vector out of the pieces; zeros where a slot had no gradient. Consumes. */
  const flatten = (pieces: readonly (Tensor | undefined)[]): Tensor => {
    const whole = sizes.map((size, slot) => pieces[slot] ?? engine.upload(new Float32Array(size), [size]));
    const flat = engine.concat(whole, 0);
    engine.dispose(...whole);
    return flat;
  };

  const term: AdaptedProjector['term'] = (group, x) => {
    if (plan(group).adapted.length === 0) return undefined;
    const { A, B } = factorsOf(group);
    // In f32 whatever the backbone's element type: 8 bits would lose most of B A.
    return { left: engine.lowRankInput(x, A), right: B };
  };
  const backwardTerm: AdaptedProjector['backwardTerm'] = (group, x, dy) => {
    const groupPlan = plan(group);
    if (groupPlan.adapted.length === 0) return undefined;
    const factors = factorsOf(group);
    const { t, gradient, squared } = examples
      ? exampleGradients(engine, { x, dy, factors }, segmentsOf(examples, x.shape[0]!))
      : factorGradients(engine, { x, dy, factors });
    cutFactors(engine, groupPlan, gradient, gradients);
    if (squared) cutFactors(engine, groupPlan, squared, squares);
    engine.dispose(gradient.A, gradient.B, squared?.A, squared?.B);
    return { left: t, right: factors.A };
  };

  return {
    adapts: (group) => plan(group).adapted.length > 0,
    changes: (group) => plan(group).adapted.length > 0 || frozen.changed(group),
    term,
    backwardTerm,
    project: (group, x) => {
      const added = term(group, x);
      const y = engine.linear(x, frozen.weight(group), added);
      engine.dispose(added?.left);
      return y;
    },
    backproject: (group, x, dy, wantsInput) => {
      const added = x && backwardTerm(group, x, dy);
      const dx = wantsInput ? engine.linearBackward(dy, frozen.weight(group), added) : undefined;
      engine.dispose(added?.left);
      return dx;
    },
    load: (values) => {
      release();
      const effective = engine.mul(values, scales);
      slots = engine.split(effective, sizes, 0);
      engine.dispose(effective);
    },
    begin: (segments) => {
      examples = segments;
    },
    collect: () => {
      const flat = flatten(gradients);
      const gradient = engine.mul(flat, scales);
      engine.dispose(flat);
      let squared: Tensor | undefined;
      if (examples) {
        const raw = flatten(squares);
        const once = engine.mul(raw, scales);
        squared = engine.mul(once, scales);
        engine.dispose(raw, once);
      }
      gradients = [];
      squares = [];
      return { gradient, squared };
    },
    release,
    dispose: () => {
      release();
      engine.dispose(scales);
    },
  };
}

/** s `[P]`: σ on B, 1 on A. */
function uploadScales(engine: Engine, layout: Layout, scale: number): Tensor {
  const scales = new Float32Array(layout.size).fill(1);
  for (const { factor, offset, size } of layout.slots) if (factor === 'B') scales.fill(scale, offset, offset + size);
  return engine.upload(scales, [layout.size]);
}
