import type { Layout } from '@perfit/lora';
import type { ProjectionGroup, Projector } from '@perfit/models';
import type { DType, Engine, Tensor } from '@perfit/tensorflow';
import { beside } from './beside.js';
import { type ExampleRows, exampleGradients, factorGradients } from './factor-gradients.js';
import { cutFactors, type Factors, stackFactors } from './factors.js';
import { groupKey, groupPlanner } from './group-plan.js';
import { merged } from './merged.js';
import type { AdaptedWeight, Product } from './product.js';

/** The adapted projection with its statistics tap. Owns what it prepares from θ; `release` ends all of it. */
export interface AdaptedProjector extends Projector {
  /** Takes θ `[P]` f32 (borrowed) for the calls to come. */
  readonly load: (values: Tensor) => void;
  /** Whether prepared products outlive one use: for evaluation and decoding, where the backward does not need memory. */
  readonly keep: (keep: boolean) => void;
  /** Rows as examples for the next backward; undefined: no per-example gradients. Borrowed. */
  readonly examples: (rows: ExampleRows | undefined) => void;
  /** Gradients since the last call, flat `[P]` f32: of the loss, and Σ (∂ℓ_j/∂w)² where examples were asked for. */
  readonly collect: () => { readonly gradient: Tensor; readonly squared: Tensor | undefined };
  readonly release: () => void;
}

/** Chooses how products are computed: the only place that asks for the dtype. */
const productFor = (dtype: DType): Product => (dtype === 'bf16' ? beside : merged);

/**
 * Makes the projector of a layout. With σ folded into B once per step ("effective" values θ ∘ s, s = σ on B and 1 on
 * A) no product carries σ; gradients are turned back by s, squares by s².
 *
 * @param scales s `[P]` f32, borrowed.
 * @param frozen The weight to use for a group, borrowed.
 */
export function createAdaptedProjector(
  engine: Engine,
  {
    layout,
    scales,
    dtype,
    frozen,
  }: { layout: Layout; scales: Tensor; dtype: DType; frozen: (group: ProjectionGroup) => Tensor },
): AdaptedProjector {
  const plan = groupPlanner(layout);
  const sizes = layout.slots.map((slot) => slot.size);
  const product = productFor(dtype);
  const groups = new Map<string, Factors & { prepared: Tensor | undefined }>();
  let slots: readonly Tensor[] = [];
  let keeping = true;
  let rows: ExampleRows | undefined;
  let gradients: (Tensor | undefined)[] = [];
  let squares: (Tensor | undefined)[] = [];

  const release = (): void => {
    for (const { A, B, prepared } of groups.values()) engine.dispose(A, B, prepared);
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
    const made = { ...stackFactors(engine, plan(group), slots), prepared: undefined };
    groups.set(key, made);
    return made;
  };

  /** Runs `use` on the group's weight with its adapter, preparing it first and dropping it after as `keep` says. */
  const withWeight = (group: ProjectionGroup, use: (adapted: AdaptedWeight) => Tensor): Tensor => {
    const factors = factorsOf(group);
    const weight = frozen(group);
    factors.prepared ??= product.prepare(engine, weight, factors);
    const result = use({ weight, factors, prepared: factors.prepared });
    if (!keeping) {
      engine.dispose(factors.prepared);
      factors.prepared = undefined;
    }
    return result;
  };

  /** One flat vector out of the pieces; zeros where a slot had no gradient. Consumes. */
  const flatten = (pieces: readonly (Tensor | undefined)[]): Tensor => {
    const whole = sizes.map((size, slot) => pieces[slot] ?? engine.upload(new Float32Array(size), [size]));
    const flat = engine.concat(whole, 0);
    engine.dispose(...whole);
    return flat;
  };

  return {
    adapts: (group) => plan(group).adapted.length > 0,
    project: (group, x) =>
      plan(group).adapted.length === 0
        ? engine.matmul(x, frozen(group), { transposeB: true })
        : withWeight(group, (adapted) => product.forward(engine, adapted, x)),
    backproject: (group, x, dy, wantsInput) => {
      const groupPlan = plan(group);
      if (groupPlan.adapted.length === 0 || !x) return wantsInput ? engine.matmul(dy, frozen(group)) : undefined;
      const factors = factorsOf(group);
      const t = engine.matmul(dy, factors.B);
      const tap = { x, dy, t, factors };
      const store = (into: (Tensor | undefined)[]) => (slot: number, piece: Tensor) => {
        into[slot] = piece;
      };
      if (rows) {
        const { gradient, squared } = exampleGradients(engine, tap, rows);
        cutFactors(engine, groupPlan, gradient, store(gradients));
        cutFactors(engine, groupPlan, squared, store(squares));
        engine.dispose(gradient.A, gradient.B, squared.A, squared.B);
      } else {
        const gradient = factorGradients(engine, tap);
        cutFactors(engine, groupPlan, gradient, store(gradients));
        engine.dispose(gradient.A, gradient.B);
      }
      const dx = wantsInput ? withWeight(group, (adapted) => product.backward(engine, adapted, dy, t)) : undefined;
      engine.dispose(t);
      return dx;
    },
    load: (values) => {
      release();
      const effective = engine.mul(values, scales);
      const typed = dtype === 'f32' ? effective : engine.cast(effective, dtype);
      slots = engine.split(typed, sizes, 0);
      engine.dispose(effective, typed === effective ? undefined : typed);
    },
    keep: (keep) => {
      keeping = keep;
    },
    examples: (given) => {
      rows = given;
    },
    collect: () => {
      const flat = flatten(gradients);
      const gradient = engine.mul(flat, scales);
      engine.dispose(flat);
      let squared: Tensor | undefined;
      if (rows) {
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
  };
}
