export type {
  Conformance,
  Dependencies,
  Plugin,
  Random,
  ResolveStrategy,
  StrategyFactory,
  StrategyReference,
} from './contract.js';
export { defineStrategy, RESOLVE_STRATEGY, token } from './define.js';
export type { ErrorDetails, ErrorTable } from './error.js';
export { defineErrors, isPerfitError, PerfitError } from './error.js';
export { renderErrorTable } from './error-table.js';
