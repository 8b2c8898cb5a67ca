export { errors as cliErrors } from './errors.js';
export { createProgram, main } from './main.js';
export {
  type ConformanceReport,
  type ConformOptions,
  conformBuiltIn,
  conformPlugin,
  type TestedStrategy,
} from './plugins/conform-plugin.js';
export type { TestResult } from './plugins/runner/run-suite.js';
