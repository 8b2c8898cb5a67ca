import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { PARTITIONER, type Partitioner, PROMPT, type Prompt } from './contract.js';
import { dirichletFactory } from './partitioners/dirichlet.js';
import { fieldFactory } from './partitioners/field.js';
import { iidFactory } from './partitioners/iid.js';
import { quantitySkewFactory } from './partitioners/quantity-skew.js';
import { shardsFactory } from './partitioners/shards.js';
import { alpacaPromptFactory } from './prompts/alpaca.js';
import { chatPromptFactory } from './prompts/chat.js';

const partitioners = [
  fieldFactory,
  iidFactory,
  dirichletFactory,
  shardsFactory,
  quantitySkewFactory,
] as StrategyFactory<Partitioner>[];
const prompts = [alpacaPromptFactory, chatPromptFactory] as StrategyFactory<Prompt>[];

/** Every strategy of this package. */
export const datasetsFactories = [...partitioners, ...prompts];

/** Registers every strategy of this package under its kind's token. */
export function registerDatasets(container: DependencyContainer): void {
  for (const factory of partitioners) container.register(PARTITIONER, { useValue: factory });
  for (const factory of prompts) container.register(PROMPT, { useValue: factory });
}
