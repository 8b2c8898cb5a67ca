import { type Architecture, intersect, type Layout, union } from '@perfit/lora';
import type { MethodPlan } from './method-plan.js';

/** The positions of a client's architecture that travel in a round. */
export function travelling(plan: MethodPlan, layout: Layout, architecture: Architecture, round: number): Architecture {
  return intersect(architecture, plan.travel.positions(layout, round));
}

/** The positions that travel in any round: rules that alternate do so from round to round. */
export function everTravelling(plan: MethodPlan, layout: Layout): Architecture {
  return union(plan.travel.positions(layout, 1), plan.travel.positions(layout, 2));
}
