const MiB = 2 ** 20;

/**
 * Resident memory of a process before any model is open: Node, this project's modules, the engine's libraries and a first
 * product. Measured (docs/log.md), not counted; what WebAssembly's heap grows to holds the tensors, which are counted.
 */
export const PROCESS_BYTES: Readonly<Record<'native' | 'wasm', number>> = { native: 400 * MiB, wasm: 112 * MiB };

/** One token of a tokenizer's vocabulary, with its merges, as V8 holds it. Measured (docs/log.md). */
export const TOKENIZER_BYTES = 900;

/**
 * What lies between the bytes that are counted and the resident memory: arrays that V8 has not collected yet, memory that
 * the allocator keeps for the next step, fragments. Fitted to measured runs (docs/log.md).
 */
export const slackBytes = (counted: number): number => 0.05 * counted + 64 * MiB;
