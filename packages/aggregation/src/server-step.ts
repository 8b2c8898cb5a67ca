import { emptyArchitecture, fullArchitecture, intersect, livePositions, union } from '@perfit/lora';
import type { Aggregator, Fold, FoldContext, ServerRule, ServerState } from './contract.js';
import { errors } from './errors.js';
import { stateArray } from './state-array.js';

/** What a server rule is made of. */
export interface ServerStep<Moment extends string> {
  readonly name: string;
  /** Its moments, vectors `[P]`, and what every entry of them starts from. */
  readonly moments: Readonly<Record<Moment, number>>;
  /** Moves the moments at position p in place and gives what g[p] moves by, where the mean lies `delta` from g[p]. */
  readonly step: (delta: number, moments: Readonly<Record<Moment, Float32Array>>, p: number) => number;
}

/**
 * A server rule from its step (FedOpt, Reddi et al. 2021, Algorithm 1): the aggregator's mean is taken as the
 * pseudo-gradient Δ = mean − g, and g moves by the rule's own step.
 *
 * Under masks (ours) a position moves only where this round says something about it: an update carries it, the new state
 * holds it as shared, and g was known there before the round. Elsewhere the aggregator's own result stays, and so do
 * the moments; exclusive positions are never written.
 *
 * State: the aggregator's, and beside it the moments as `NAME/MOMENT [P]`. The wrapped aggregator keeps its name and
 * has no point: rules do not nest.
 *
 * @throws `aggregation/no-point` from `wrap` where the aggregator names no point to move.
 */
export function serverRule<Moment extends string>({ name, moments, step }: ServerStep<Moment>): ServerRule {
  const keys = Object.keys(moments) as Moment[];
  const prefix = `${name}/`;
  const innerOf = (state: ServerState): ServerState =>
    Object.fromEntries(Object.entries(state).filter(([key]) => !key.startsWith(prefix)));
  const named = (arrays: Readonly<Record<Moment, Float32Array>>) =>
    Object.fromEntries(keys.map((key) => [prefix + key, arrays[key]]));
  const each = (make: (key: Moment) => Float32Array) =>
    Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<Moment, Float32Array>;

  function wrap({ point, ...inner }: Aggregator): Aggregator {
    if (!point)
      throw errors.make('no-point', {
        what: `server rule ${name} cannot wrap aggregator ${inner.name}: it keeps no common mean that could be moved`,
        cure: 'Use the server rule none, or an aggregator such as weighted-mean or shared-exclusive',
      });
    const fold = (state: ServerState, context: FoldContext): Fold => {
      const { size } = context.layout;
      const before = innerOf(state);
      const old = each((key) => stateArray(state, prefix + key, 'Float32Array', size));
      const folding = inner.fold(before, context);
      let carried = emptyArchitecture(size);
      let result: ServerState | undefined;
      const finish = (): ServerState => {
        const next = folding.finish();
        const shared = inner.sharedPositions(next, fullArchitecture(size));
        const moving = livePositions(intersect(intersect(carried, shared), point.known(before)));
        const [g, mean] = [point.read(before), point.read(next)];
        const moved = mean.slice();
        const now = each((key) => old[key].slice());
        for (const p of moving) {
          const delta = mean[p] - g[p];
          // g + step; in this order a step of Δ gives the mean itself, bit for bit.
          moved[p] = mean[p] + (step(delta, now, p) - delta);
        }
        return { ...point.write(next, moved), ...named(now) };
      };
      return {
        add: (update) => {
          folding.add(update);
          carried = union(carried, update.mask);
        },
        finish: () => {
          result ??= finish();
          return result;
        },
      };
    };
    const { residual } = inner;
    return {
      ...inner,
      initialize: (layout, start) => ({
        ...inner.initialize(layout, start),
        ...named(each((key) => new Float32Array(layout.size).fill(moments[key]))),
      }),
      fold,
      download: (state, receiver) => inner.download(innerOf(state), receiver),
      globalModule: (state) => inner.globalModule(innerOf(state)),
      sharedPositions: (state, architecture) => inner.sharedPositions(innerOf(state), architecture),
      ...(residual && { residual: (state: ServerState) => residual(innerOf(state)) }),
    };
  }
  return { name, wrap };
}
