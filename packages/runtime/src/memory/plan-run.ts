import { PARTITIONER } from '@perfit/datasets';
import type { DependencyContainer } from 'tsyringe';
import { dealOut, openDataset } from '../client-data.js';
import type { Configuration } from '../configuration.js';
import { SAMPLER } from '../contract.js';
import { openModel } from '../load-model.js';
import { planMethods } from '../plan-methods.js';
import { randomStreams } from '../random-streams.js';
import { rowEncoding } from '../row-encoding.js';
import { resolveStrategy } from '../strategies.js';
import type { MemoryLimit, PlannedEngine } from './machine.js';
import { type MemoryPlan, planMemory } from './memory-plan.js';

/**
 * What the run of a configuration will need, and whether there is as much: from the model's configuration and tokenizer, and
 * the rows in tokens. No weight is read.
 *
 * @example
 * const engine = plannedEngine({ kind: 'native', device: 'CPU' });
 * const { fits, methods, cures } = await planRun(configuration, { container: createContainer(), engine });
 */
export async function planRun(
  configuration: Configuration,
  {
    container,
    engine,
    limit,
  }: { readonly container: DependencyContainer; readonly engine: PlannedEngine; readonly limit?: MemoryLimit },
): Promise<MemoryPlan> {
  const plans = planMethods(container, configuration);
  const sampler = resolveStrategy(container, SAMPLER, 'sampler', configuration.sampler).make();
  const partitioner = resolveStrategy(container, PARTITIONER, 'partitioner', configuration.partitioner).make();
  const dataset = openDataset(configuration.data);
  const checkpoint = await openModel(configuration.model);
  checkpoint.weights.close();
  const encoding = rowEncoding(checkpoint, configuration.maxTokens);
  const data = dealOut(dataset, partitioner, configuration, encoding, randomStreams(configuration.seed));
  try {
    return planMemory({ configuration, plans, config: checkpoint.config, data, sampler }, engine, limit);
  } finally {
    data.close();
  }
}
