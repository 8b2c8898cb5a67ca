import type { PartitionReport, Row } from './contract.js';
import type { LabelField } from './label.js';

const entropy = (counts: Iterable<number>, total: number) => {
  let bits = 0;
  for (const n of counts) if (n > 0) bits -= (n / total) * Math.log2(n / total);
  return bits;
};

function count(labels: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** Jensen–Shannon distance (base 2, from 0 to 1) of two label counts, each taken as a distribution. */
export function jensenShannon(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const total = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, n) => sum + n, 0);
  const [totalA, totalB] = [total(a), total(b)];
  const mean = [...new Set([...a.keys(), ...b.keys()])].map(
    (label) => ((a.get(label) ?? 0) / totalA + (b.get(label) ?? 0) / totalB) / 2,
  );
  const divergence = entropy(mean, 1) - (entropy(a.values(), totalA) + entropy(b.values(), totalB)) / 2;
  return Math.sqrt(Math.max(0, divergence));
}

/**
 * Measures how heterogeneous a partition is. Labels are those of `field`; without it `category`, else `task`, whichever
 * every dealt row carries, else none. The pooled distribution is that of the dealt rows.
 */
export function reportPartition(
  rows: readonly Row[],
  clients: ReadonlyMap<string, readonly number[]>,
  field: LabelField | null = null,
): PartitionReport {
  const dealt = [...clients.values()];
  const sizes = dealt.map((indices) => indices.length);
  const candidates: readonly LabelField[] = field ? [field] : ['category', 'task'];
  const label = candidates.find((name) => dealt.every((indices) => indices.every((i) => rows[i][name] !== undefined)));
  let labelDivergence: number | null = null;
  if (label !== undefined) {
    const counts = dealt.map((indices) => count(indices.map((i) => rows[i][label]!)));
    const pooled = count(dealt.flatMap((indices) => indices.map((i) => rows[i][label]!)));
    labelDivergence = counts.reduce((sum, own) => sum + jensenShannon(own, pooled), 0) / counts.length;
  }
  return { sizes, labelDivergence, sizeRatio: Math.max(...sizes) / Math.min(...sizes) };
}
