import { errors } from './errors.js';

/**
 * Refuses an option outside of its range, for callers who do not come through a factory's schema.
 *
 * @param due what it may be: `a whole number from 1 up`.
 * @throws `aggregation/bad-option`
 */
export function checkOption(name: string, value: unknown, valid: boolean, due: string): void {
  if (!valid) throw errors.make('bad-option', { what: `${name} is ${value}`, cure: `Use ${due}` });
}
