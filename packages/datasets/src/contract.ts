import type { Random, StrategyFactory } from '@perfit/strategy';
import { token } from '@perfit/strategy';

/** One instruction and its answer. */
export interface Row {
  readonly instruction: string;
  readonly input?: string;
  readonly output: string;
  /** Owner, where the data has natural ones. */
  readonly client?: string;
  readonly task?: string;
  readonly category?: string;
}

/** A data set as it was read, with the digest that a run records. */
export interface Dataset {
  readonly name: string;
  readonly train: readonly Row[];
  /** Empty where the source has none: the runtime then takes a share of each client's training rows. */
  readonly validation: readonly Row[];
  /** Empty where the source is one file: the runtime then splits per client by the seed. */
  readonly test: readonly Row[];
  /** sha256 over the rows, hex. */
  readonly sha256: string;
}

/** A row in tokens: prompt, then response with its EOS; loss on the response. */
export interface Example {
  readonly ids: Int32Array;
  /** Tokens of the prompt; `ids.length − promptLength` tokens carry loss. */
  readonly promptLength: number;
}

/** Turns text into token ids, without special tokens. Given by the model's tokenizer. */
export type Encode = (text: string) => readonly number[] | Int32Array;

/** Lays a row out as prompt and response text. */
export interface Prompt {
  readonly name: string;
  /** The text before the response, and the response. */
  readonly format: (row: Row) => { readonly prompt: string; readonly response: string };
}

/** A message of a conversation. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A model's own chat template: messages → text, with the opening of the assistant's turn if asked. */
export type Chat = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

/** Examples as the model takes them: end to end, N tokens in all, none of them padding. */
export interface Batch {
  /** `[N]` */
  readonly ids: Int32Array;
  /** `[examples + 1]`: example j begins at `starts[j]` and ends before `starts[j + 1]`; `starts[examples]` = N. */
  readonly starts: Int32Array;
  /** `[M]`: indices into `ids` of tokens whose next token carries loss, ascending. */
  readonly lossPositions: Int32Array;
  /** `[M]`: that next token. */
  readonly labels: Int32Array;
  /** `[M]`: its example. */
  readonly lossExamples: Int32Array;
  readonly examples: number;
  /** `[examples]`: T_j, loss tokens of each example. */
  readonly tokens: Int32Array;
}

/** How heterogeneous a partition came out. */
export interface PartitionReport {
  /** Rows of each client, in the order of the clients. */
  readonly sizes: readonly number[];
  /** Mean Jensen–Shannon distance (base 2) of the clients' label distributions from the pooled one; null without labels. */
  readonly labelDivergence: number | null;
  /** Largest client over smallest. */
  readonly sizeRatio: number;
}

/** Rows by client. */
export interface Partition {
  /** Client ids, and the indices of their rows, ascending. */
  readonly clients: ReadonlyMap<string, readonly number[]>;
  readonly report: PartitionReport;
  /** The field whose mix a client's held-out rows must follow; null where the partition ignores every field. */
  readonly label: 'client' | 'task' | 'category' | null;
}

/** Deals rows out to clients. */
export interface Partitioner {
  readonly name: string;
  /** Deals rows out; draws from `random` only. */
  readonly partition: (rows: readonly Row[], random: Random) => Partition;
}

/** Token of every {@link Partitioner}'s factory. */
export const PARTITIONER = token<StrategyFactory<Partitioner>>('@perfit/datasets/Partitioner');
/** Token of the model's {@link Chat}, which the runtime registers once a tokenizer is loaded. */
export const CHAT = token<Chat>('@perfit/datasets/Chat');
/** Token of every {@link Prompt}'s factory. */
export const PROMPT = token<StrategyFactory<Prompt>>('@perfit/datasets/Prompt');
