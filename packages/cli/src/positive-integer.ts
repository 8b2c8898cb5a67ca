import { InvalidArgumentError } from 'commander';

/** Parses an option that must be a whole number above zero. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError(`${text} is not a positive whole number`);
  return value;
}
