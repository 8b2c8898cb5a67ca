import { isPerfitError } from '@perfit/strategy';

/** Codes of mistakes in how a command or configuration was written: exit status 2. Everything else that fails: 1. */
const WRONG_USE = new Set([
  'cli/wrong-use',
  'cli/bad-name',
  'cli/unknown-kind',
  'runtime/unknown-key',
  'runtime/invalid-configuration',
  'runtime/invalid-yaml',
  'runtime/missing-configuration',
  'runtime/unknown-strategy',
  'runtime/invalid-options',
  'runtime/unused-key',
  'runtime/invalid-combination',
  'runtime/too-few-steps',
  'runtime/over-budget',
  'runtime/invalid-cell',
  'runtime/invalid-list',
  'runtime/missing-plugin',
  'aggregation/no-point',
]);

/** The exit status of something thrown. */
export const exitCodeOf = (thrown: unknown): number => (isPerfitError(thrown) && WRONG_USE.has(thrown.code) ? 2 : 1);
