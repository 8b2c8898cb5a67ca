import { architectureFrom, isLive } from './architecture.js';
import type { AdapterState, Architecture, Layout, Slot } from './contract.js';
import { errors } from './errors.js';
import { createLayout, type SiteSlots, slotsBySite } from './layout.js';

/**
 * For every position of `small` the position of `large` that it stands for, where component k of a site of `small` is
 * component `components(site)[k]` of the same site of `large`.
 */
function positionsIn(small: Layout, large: Layout, components: (site: SiteSlots) => readonly number[]): Uint32Array {
  const origin = new Uint32Array(small.size);
  const theirs = new Map(slotsBySite(large).map((slots) => [slots.site.name, slots]));
  for (const own of slotsBySite(small)) {
    const { A, B } = theirs.get(own.site.name) as SiteSlots;
    components(own).forEach((component, k) => {
      for (let i = 0; i < A.columns; i++)
        origin[own.A.offset + k * A.columns + i] = A.offset + component * A.columns + i;
      for (let o = 0; o < B.rows; o++)
        origin[own.B.offset + o * own.B.columns + k] = B.offset + o * B.columns + component;
    });
  }
  return origin;
}

/** Where a factor lies in θ. */
type Place = Pick<Slot, 'offset' | 'rows' | 'columns'>;

/** The rank components of a site of which a position is live, in the row of A or in the column of B. */
export function liveComponents(
  { A, B }: { readonly A: Place; readonly B: Place },
  architecture: Architecture,
): readonly number[] {
  return Array.from({ length: A.rows }, (_, k) => k).filter((k) => {
    for (let i = 0; i < A.columns; i++) if (isLive(architecture, A.offset + k * A.columns + i)) return true;
    for (let o = 0; o < B.rows; o++) if (isLive(architecture, B.offset + o * B.columns + k)) return true;
    return false;
  });
}

/** The live rank components of a layout as a layout of their own. */
export interface Compaction {
  /** Every site with its own rank; `layout.rank` is the largest. The layout itself where nothing can be left out. */
  readonly layout: Layout;
  /** Of a vector `[P]` over the whole layout what the smaller one keeps, `[P']`. */
  readonly compact: (vector: Float32Array) => Float32Array;
  /** Position of the whole layout that each of the smaller one's stands for, `[P']`. Absent where nothing was left out. */
  readonly positions?: Uint32Array;
  /** The same positions in a vector over the whole layout, `[P]`; 0 elsewhere. */
  readonly expand: (vector: Float32Array) => Float32Array;
  /** What the smaller layout keeps of an architecture. */
  readonly architecture: (architecture: Architecture) => Architecture;
}

function checkSize(layout: Layout, size: number, what: string): void {
  if (size !== layout.size)
    throw errors.make('size-mismatch', {
      what: `a layout of ${layout.size} got ${what} of ${size}`,
      cure: 'Use values and mask of this layout',
    });
}

/**
 * Leaves out the rank components whose row of A and column of B are wholly pruned, and the sites that have none left:
 * they add nothing to any product BA and have no gradient.
 *
 * @throws `size-mismatch`
 * @example
 * const { layout: smaller, compact, expand } = compactLayout(layout, architecture);
 * smaller.size; // P' ≤ P
 * expand(compact(values)); // values, 0 in the components that were left out
 */
export function compactLayout(layout: Layout, architecture: Architecture): Compaction {
  checkSize(layout, architecture.size, 'a mask');
  const kept = new Map(slotsBySite(layout).map((slots) => [slots.site.name, liveComponents(slots, architecture)]));
  const componentsOf = (name: string) => kept.get(name) as readonly number[];
  const smaller = createLayout(layout.sites, ({ name }) => componentsOf(name).length);
  if (smaller.size === layout.size)
    return {
      layout,
      compact: (vector) => vector.slice(),
      expand: (vector) => vector.slice(),
      architecture: (whole) => whole,
    };
  const origin = positionsIn(smaller, layout, ({ site }) => componentsOf(site.name));
  return {
    layout: smaller,
    positions: origin,
    compact: (vector) => {
      checkSize(layout, vector.length, 'a vector');
      const small = new Float32Array(origin.length);
      for (let p = 0; p < origin.length; p++) small[p] = vector[origin[p]];
      return small;
    },
    expand: (vector) => {
      checkSize(smaller, vector.length, 'a vector');
      const whole = new Float32Array(layout.size);
      for (let p = 0; p < origin.length; p++) whole[origin[p]] = vector[p];
      return whole;
    },
    architecture: (whole) => {
      checkSize(layout, whole.size, 'a mask');
      return architectureFrom(smaller.size, (position) => isLive(whole, origin[position]));
    },
  };
}

/** An adapter over a layout of its own. */
export interface CompactAdapter extends AdapterState {
  /** Every site with its own rank; `layout.rank` is the largest. */
  readonly layout: Layout;
}

/**
 * An adapter over the live rank components alone ({@link compactLayout}). The product BA of every site stays what it
 * was, and the live positions keep their number.
 *
 * @throws `size-mismatch`
 * @example
 * const smaller = compactRanks(layout, { values, architecture });
 * writeAdapter(directory, { ...smaller, scale, baseModel });
 */
export function compactRanks(layout: Layout, { values, architecture }: AdapterState): CompactAdapter {
  checkSize(layout, values.length, 'values');
  const { layout: smaller, compact, architecture: keep } = compactLayout(layout, architecture);
  return { layout: smaller, values: compact(values), architecture: keep(architecture) };
}

/**
 * Lays an adapter of fewer sites or smaller ranks into a larger layout, component k as component k; all else is pruned.
 *
 * @throws `unknown-site`, `shape-mismatch`
 */
export function embedAdapter({ layout, values, architecture }: CompactAdapter, large: Layout): AdapterState {
  const theirs = new Map(slotsBySite(large).map((slots) => [slots.site.name, slots]));
  for (const { site, A } of slotsBySite(layout)) {
    const into = theirs.get(site.name);
    if (!into)
      throw errors.make('unknown-site', {
        what: `the larger layout lacks "${site.name}"`,
        cure: 'Make it of all sites that its adapters have',
      });
    if (into.A.rows < A.rows || into.site.in !== site.in || into.site.out !== site.out)
      throw errors.make('shape-mismatch', {
        what:
          `"${site.name}" of rank ${A.rows}, in=${site.in}, out=${site.out} does not fit into ` +
          `rank ${into.A.rows}, in=${into.site.in}, out=${into.site.out}`,
        cure: 'Use adapters of one model, and a layout of the largest rank',
      });
  }
  const target = positionsIn(layout, large, ({ A }) => Array.from({ length: A.rows }, (_, k) => k));
  const embedded = new Float32Array(large.size);
  target.forEach((position, i) => {
    embedded[position] = values[i];
  });
  const live = target.filter((_, i) => isLive(architecture, i));
  return { values: embedded, architecture: architectureFrom(large.size, live) };
}
