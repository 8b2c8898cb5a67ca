import { isPerfitError } from '@perfit/strategy';

/** Where a command prints: results to stdout, everything else to stderr. */
export interface Terminal {
  /** A result. */
  readonly result: (text: string) => void;
  /** A result as JSON, at full precision. */
  readonly json: (value: unknown) => void;
  /** Progress, notices, warnings. */
  readonly note: (text: string) => void;
}

/** The process's own streams. */
export const terminal: Terminal = {
  result: (text) => void process.stdout.write(`${text}\n`),
  json: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
};

/** Lets a command go on whose reader has gone (`| head`, a closed terminal): what it makes is in files. */
export function outliveReaders(streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr]): void {
  for (const stream of streams)
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}

/** One line for anything thrown; a stack only with `--debug`. */
export function describeFailure(thrown: unknown, debug: boolean): string {
  if (debug && thrown instanceof Error) return thrown.stack ?? thrown.message;
  if (isPerfitError(thrown)) return thrown.message.replaceAll('\n', ' ');
  const what = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown);
  return `[perfit/cli] unexpected failure: ${what}. Run again with --debug and report it.`;
}
