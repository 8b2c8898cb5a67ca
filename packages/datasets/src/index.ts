export type {
  Batch,
  Dataset,
  Encode,
  Example,
  Partition,
  Partitioner,
  PartitionReport,
  Prompt,
  Row,
} from './contract.js';
export { PARTITIONER, PROMPT } from './contract.js';
