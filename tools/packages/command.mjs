import { spawn } from 'node:child_process';

const running = new Set();

function end(child) {
  try {
    // A negative id names the group of processes: what the command started ends with it.
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Ends every command that is still running. */
export function endCommands() {
  for (const child of running) end(child);
}

/** Runs a command to its end; returns its stdout, or throws with all that it printed. */
export function runCommand(command, args, { seconds, ...options }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    running.add(child);
    const printed = { stdout: '', both: '' };
    const timer = setTimeout(() => {
      printed.both += `\nended after ${seconds} s`;
      end(child);
    }, seconds * 1000);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed.stdout += text;
      printed.both += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      printed.both += text;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      running.delete(child);
      if (status === 0) resolve(printed.stdout);
      else reject(new Error(`${command} ${args.join(' ')} gave status ${status}:\n${printed.both.trim()}`));
    });
  });
}
