import { stripVTControlCharacters } from 'node:util';

const LONGEST = 240;

/** Why a test failed, in one line: the first line of what was thrown, and what `expect` says was expected and received. */
export function reasonOf(thrown: unknown): string {
  const text = stripVTControlCharacters(thrown instanceof Error ? thrown.message : String(thrown));
  const lines = text.split('\n').map((line) => line.trim());
  const [first = ''] = lines;
  const values = lines.slice(1).filter((line) => /^(Expected|Received)\b.*:/.test(line));
  const reason = [first.replace(/ \/\/ .*$/, ''), ...values.map((line) => line.replace(/\s+/g, ' '))].join('; ');
  return reason.length > LONGEST ? `${reason.slice(0, LONGEST - 1)}…` : reason || 'failed without a reason';
}
