import { InvalidArgumentError, Option } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** Bytes of a size such as `8GiB`, `500MB` or `1000000`. */
export function parseMemory(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(digits) * (UNITS[unit?.toUpperCase() ?? ''] ?? Number.NaN));
  if (!(bytes > 0)) throw new InvalidArgumentError(`'${text}' is no size such as 8GiB, 500MB or 1000000`);
  return bytes;
}

/** `--memory SIZE`: what a run may take, in place of what is free. */
export const memoryOption = () =>
  new Option('--memory <size>', 'memory that a run may take, such as 8GiB (default: what is free here)').argParser(
    parseMemory,
  );
