import { errors } from './errors.js';

/** Refuses a learning rate that is negative, infinite or NaN. */
export function checkRate(name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value)))
    throw errors.make('bad-option', { what: `the ${name} is ${value}`, cure: 'Use 0 or a positive number' });
}

/** Refuses a number of steps that is no whole number from 0 up. */
export function checkSteps(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 0))
    throw errors.make('bad-option', { what: `the ${name} has ${value} steps`, cure: 'Use a whole number from 0 up' });
}
