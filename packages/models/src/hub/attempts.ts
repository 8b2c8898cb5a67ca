import { setTimeout as sleep } from 'node:timers/promises';
import { isPerfitError } from '@perfit/strategy';
import { errors } from '../errors.js';
import type { PassingFailure } from './connect.js';

const ATTEMPTS = 5;

/** The reason of a failure in few words: that of the socket where there is one. */
function reasonOf(thrown: unknown): string {
  const { message, cause } = thrown as Error;
  const { code, message: inner } = (cause ?? {}) as NodeJS.ErrnoException;
  return (code ?? inner ?? message).replace(/\.$/, '');
}

/** Failures that stay: those that have a cure already, and those of the disk. */
const isFinal = (thrown: unknown) =>
  isPerfitError(thrown) || typeof (thrown as NodeJS.ErrnoException).errno === 'number';

/**
 * Does work that the network may spoil up to five times, waiting `delay` milliseconds, then twice, four times, … as
 * long, or as long as the hub asks for.
 *
 * @throws `hub-unreachable`, and what the work throws for good
 */
export async function withAttempts<Result>(work: () => Promise<Result>, delay: number): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      if (isFinal(thrown)) throw thrown;
      if (attempt === ATTEMPTS)
        throw errors.make('hub-unreachable', {
          what: `the hub did not deliver in ${ATTEMPTS} attempts: ${reasonOf(thrown)}`,
          cure: 'Check the network and HF_ENDPOINT; the same pull goes on where it stopped',
          cause: thrown,
        });
      await sleep((thrown as PassingFailure).wait ?? delay * 2 ** (attempt - 1));
    }
  }
}
