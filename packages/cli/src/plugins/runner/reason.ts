import { stripVTControlCharacters } from 'node:util';

const LONGEST = 240;

/**
 * Why a test failed, in one line: the first line of what was thrown; what `expect` says was expected and received, or
 * the first lines in which the two differ.
 */
export function reasonOf(thrown: unknown): string {
  const text = stripVTControlCharacters(thrown instanceof Error ? thrown.message : String(thrown));
  const [first = '', ...rest] = text.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
  const named = rest.filter((line) => /^(Expected|Received)\b.*:/.test(line));
  const differing = rest.filter((line) => /^[-+] (?!Expected |Received ).*[^[{]$/.test(line)).slice(0, 2);
  const values = named.length > 0 ? named : differing.map((line) => line.replace(/,$/, ''));
  const reason = [first.replace(/ \/\/ .*$/, ''), ...values].join('; ');
  return reason.length > LONGEST ? `${reason.slice(0, LONGEST - 1)}…` : reason || 'failed without a reason';
}
