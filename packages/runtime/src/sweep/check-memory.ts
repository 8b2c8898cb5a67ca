import type { ModelConfig } from '@perfit/models';
import type { Engine } from '@perfit/tensorflow';
import type { DependencyContainer } from 'tsyringe';
import type { FederatedData } from '../client-data.js';
import { SAMPLER } from '../contract.js';
import { memoryLimit, plannedEngine } from '../memory/machine.js';
import { planMemory, refuseUnlessFits } from '../memory/memory-plan.js';
import { resolveStrategy } from '../strategies.js';
import { ofCell, type SweepCell } from './plan-sweep.js';

/** Where a cell's run would be. */
export interface CellPlace {
  readonly container: () => DependencyContainer;
  readonly engine: Engine;
  readonly memory?: number;
}

/**
 * Holds a cell's run against the memory there is.
 *
 * @throws `does-not-fit` with the cell's name
 */
export function checkMemory(
  { name, configuration, plans }: SweepCell,
  { container, engine, memory }: CellPlace,
  { config, data }: { readonly config: ModelConfig; readonly data: FederatedData },
): void {
  const named = <Result>(code: 'cell-failed' | 'does-not-fit', act: () => Result): Result => {
    try {
      return act();
    } catch (thrown) {
      throw ofCell(name, thrown, code);
    }
  };
  const plan = named('cell-failed', () => {
    const sampler = resolveStrategy(container(), SAMPLER, 'sampler', configuration.sampler).make();
    const run = { configuration, plans, config, data, sampler };
    return planMemory(run, plannedEngine(engine.description), memoryLimit(memory));
  });
  named('does-not-fit', () => refuseUnlessFits(plan));
}
