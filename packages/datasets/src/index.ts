export type {
  Batch,
  Chat,
  ChatMessage,
  Dataset,
  Encode,
  Example,
  Partition,
  Partitioner,
  PartitionReport,
  Prompt,
  Row,
} from './contract.js';
export { CHAT, PARTITIONER, PROMPT } from './contract.js';
export { embeddedCorpus } from './embedded/corpus.js';
export { embeddedDataset } from './embedded/dataset.js';
export { type EncodeOptions, encodeRow, truncateExample } from './encode-row.js';
export { errors as datasetsErrors } from './errors.js';
export { type EvaluationBatch, evaluationBatches } from './evaluation-batches.js';
export { type HeldOutOptions, heldOutRows } from './held-out-rows.js';
export type { LabelField } from './label.js';
export { loadDataset } from './load-dataset.js';
export { makeBatch, shortestExamples } from './make-batch.js';
export { makeDataset } from './make-dataset.js';
export { jensenShannon, reportPartition } from './partition-report.js';
export { type DirichletOptions, dirichlet, dirichletFactory } from './partitioners/dirichlet.js';
export { type FieldOptions, field, fieldFactory } from './partitioners/field.js';
export { iid, iidFactory } from './partitioners/iid.js';
export { type QuantitySkewOptions, quantitySkew, quantitySkewFactory } from './partitioners/quantity-skew.js';
export { type ShardsOptions, shards, shardsFactory } from './partitioners/shards.js';
export { alpacaPrompt, alpacaPromptFactory } from './prompts/alpaca.js';
export { chatPrompt, chatPromptFactory } from './prompts/chat.js';
export { readRows } from './read-rows.js';
export { datasetsFactories, registerDatasets } from './register.js';
export { shuffleRows } from './shuffle.js';
export { splitRows, tailSplit } from './split-rows.js';
export { type TrainingBatchesOptions, trainingBatches } from './training-batches.js';
export { writeRows } from './write-rows.js';
