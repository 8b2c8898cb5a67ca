/** What an error is made of: what happened, with the value, and what cures it. */
export interface ErrorDetails {
  /** Names the offending value: `krum needs at least 2f+3 clients: got n=4, f=1`. No full stop. */
  readonly what: string;
  /** What the user can do: `Lower f or sample more clients`. No full stop. */
  readonly cure: string;
  /** The error underneath, kept for `--debug`. */
  readonly cause?: unknown;
}

/** A user's mistake or a broken input: one line, a code, a cure. Anything else that is thrown is a defect of ours. */
export class PerfitError extends Error {
  override readonly name = 'PerfitError';
  /** `package/kebab-case`, listed in `docs/errors.md`. */
  readonly code: string;

  constructor(packageName: string, code: string, { what, cure, cause }: ErrorDetails) {
    super(`[perfit/${packageName}] ${what}. ${cure}.`, cause === undefined ? undefined : { cause });
    this.code = `${packageName}/${code}`;
  }
}

/** A package's table of errors: code to meaning. */
export interface ErrorTable<Code extends string> {
  readonly packageName: string;
  /** What each code means, as printed in `docs/errors.md`. */
  readonly meanings: Readonly<Record<Code, string>>;
  /** Makes (does not throw) the error of a code. */
  readonly make: (code: Code, details: ErrorDetails) => PerfitError;
}

/**
 * Declares the errors of one package, in its `errors.ts`.
 *
 * @example
 * const errors = defineErrors('aggregation', { 'too-few-clients': 'The rule needs more uploads than it got.' });
 * throw errors.make('too-few-clients', { what: 'krum got n=4', cure: 'Sample more clients' });
 */
export function defineErrors<Code extends string>(
  packageName: string,
  meanings: Readonly<Record<Code, string>>,
): ErrorTable<Code> {
  return { packageName, meanings, make: (code, details) => new PerfitError(packageName, code, details) };
}

/** Whether something thrown is a {@link PerfitError}, also of another installed version of this package. */
export function isPerfitError(thrown: unknown): thrown is PerfitError {
  return (
    thrown instanceof Error && thrown.name === 'PerfitError' && typeof (thrown as { code?: unknown }).code === 'string'
  );
}
