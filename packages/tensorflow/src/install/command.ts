import { spawn } from 'node:child_process';

/** How a command ended. */
export interface Outcome {
  /** Exit status; null where it could not be started or was killed. */
  readonly status: number | null;
  readonly stdout: string;
  /** Standard output and error, interleaved. */
  readonly output: string;
}

const KEPT = 200_000;

/** Runs a command without a shell and waits for it. A command that does not exist is an outcome, not an error. */
export function run(
  command: string,
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    let stdout = '';
    let output = '';
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.env },
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.signal && { signal: options.signal }),
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-KEPT);
      output = (output + text).slice(-KEPT);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT);
    });
    child.on('error', (error) => resolve({ status: null, stdout, output: output + error.message }));
    child.on('close', (status) => resolve({ status, stdout, output }));
  });
}

/** The last lines of an output, for an error message. */
export function tail(output: string, lines = 5): string {
  return output.trim().split('\n').slice(-lines).join(' | ');
}
