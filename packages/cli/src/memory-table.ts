import { gibibytes, type MemoryParts, type MemoryPlan } from '@perfit/runtime';
import Table from 'cli-table3';
import { tableChars, tableStyle } from './table-style.js';

const PARTS: readonly (keyof MemoryParts)[] = [
  'weights',
  'saved',
  'logits',
  'temporary',
  'adapter',
  'statistics',
  'scratch',
  'host',
  'process',
  'slack',
];

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);

/** Memory in MiB: one row a method, at its peak, by part; then what there is, and whether it fits. */
export function memoryTable({ methods, limit, fits }: MemoryPlan): string {
  const table = new Table({
    head: ['MiB', 'peak', 'tokens', ...PARTS, 'total'],
    style: tableStyle,
    chars: tableChars,
    colAligns: ['left', 'left', ...PARTS.map(() => 'right' as const), 'right', 'right'],
  });
  for (const { name, peak } of methods) {
    const { phase, moment, batch, parts, total } = peak;
    table.push([
      name,
      phase === 'loading' ? phase : `${phase}, ${moment}`,
      batch.tokens || '–',
      ...PARTS.map((part) => mebibytes(parts[part])),
      mebibytes(total),
    ]);
  }
  const need = Math.max(...methods.map(({ peak }) => peak.total));
  const { machine } = limit;
  const has =
    limit.source === 'given'
      ? `${gibibytes(limit.bytes)} allowed`
      : `${gibibytes(limit.bytes)} to be had of ${gibibytes(machine.total)}`;
  return `${table.toString()}\n${fits ? 'fits' : 'does not fit'}: needs ${gibibytes(need)}, ${has}`;
}
