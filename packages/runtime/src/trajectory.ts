import type { MethodPlan } from './method-plan.js';

/** Methods that take the same steps to the letter, and differ only in which adapter their clients keep. */
export interface Trajectory {
  readonly plans: readonly MethodPlan[];
  /** Whether any of them keeps the local steps after the last round. */
  readonly keepsLocal: boolean;
}

/**
 * Groups methods by what they do, so that the same training is not run twice (FedIT, and FedIT + local fine-tune).
 *
 * @param scoresLocal whether local steps are scored for every method; where not, they are taken for those alone that end
 *   in them
 */
export function trajectoriesOf(plans: readonly MethodPlan[], scoresLocal: boolean): readonly Trajectory[] {
  const groups: MethodPlan[][] = [];
  for (const plan of plans) {
    const group = groups.find(
      ([first]) => sameSteps(first!, plan) && (scoresLocal || first!.method.keeps === plan.method.keeps),
    );
    if (group) group.push(plan);
    else groups.push([plan]);
  }
  return groups.map((group) => ({ plans: group, keepsLocal: group.some(({ method }) => method.keeps === 'local') }));
}

const parts = ({ entry: { name: _, method: __, ...strategies } }: MethodPlan) => JSON.stringify(strategies);

const sameSteps = (a: MethodPlan, b: MethodPlan) =>
  a.method.trains === b.method.trains && a.method.pools === b.method.pools && parts(a) === parts(b);
