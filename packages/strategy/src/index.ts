export type { Dependencies, Plugin, Random, StrategyFactory } from './contract.js';
export { defineStrategy, token } from './define.js';
export type { ErrorDetails, ErrorTable } from './error.js';
export { defineErrors, isPerfitError, PerfitError } from './error.js';
export { renderErrorTable } from './error-table.js';
