import { isPerfitError } from '@perfit/strategy';
import { closest } from 'fastest-levenshtein';
import type { DependencyContainer } from 'tsyringe';
import type { Configuration } from '../configuration.js';
import { errors } from '../errors.js';
import type { MethodPlan } from '../method-plan.js';
import { readRaw, setKey, validateConfiguration } from '../parse-configuration.js';
import { planMethods, withoutMethods } from '../plan-methods.js';
import type { CellSet } from './cell-name.js';
import { draftCells, type SweepAxes } from './sweep-axes.js';

/** What a sweep is asked for. */
export interface SweepRequest extends SweepAxes {
  /** The base configuration's file; `null`: the embedded default. */
  readonly config: string | null;
  /** `key=value` for the base configuration. */
  readonly overrides: readonly string[];
  /** Seeds of every cell; default: the base configuration's. */
  readonly seeds?: readonly number[] | undefined;
  /** What every cell is held against: a cell, or CELL/METHOD; default: the first cell. */
  readonly baseline?: string | undefined;
}

/** One configuration of a sweep. */
export interface SweepCell {
  readonly name: string;
  readonly set: CellSet;
  readonly configuration: Configuration;
  readonly plans: readonly MethodPlan[];
}

/** A sweep with every cell valid: nothing is loaded yet. */
export interface SweepPlan {
  readonly base: Configuration;
  readonly cells: readonly SweepCell[];
  readonly seeds: readonly number[];
  /** Without a method: the method of the same name, or the only one. */
  readonly baseline: { readonly cell: string; readonly method: string | null };
  /** What a user should know before it runs: cells left out, work done twice. */
  readonly notes: readonly string[];
}

/**
 * Expands a sweep and plans every cell. A cell that does what an earlier one does (a grid over methods and over an
 * option that only some of them use) is left out, with a note.
 *
 * @throws `invalid-cell` with the cell's name and what is wrong with it
 */
export function planSweep(container: DependencyContainer, request: SweepRequest): SweepPlan {
  const raw = readRaw(request.config, request.overrides);
  const where = request.config ?? 'the configuration';
  const base = validateConfiguration(raw, where);
  const planned = draftCells(request).map(({ name, set }): SweepCell => {
    try {
      const changed = structuredClone(raw);
      for (const [key, value] of Object.entries(set)) setKey(changed, key, value);
      const configuration = validateConfiguration(changed, where);
      return { name, set, configuration, plans: planMethods(container, configuration) };
    } catch (thrown) {
      throw ofCell(name, thrown, 'invalid-cell');
    }
  });
  const twins = new Map(planned.map((cell) => [cell.name, planned.find((other) => doing(other) === doing(cell))!]));
  const cells = planned.filter((cell) => twins.get(cell.name) === cell);
  return {
    base,
    cells,
    seeds: checkSeeds(request.seeds ?? [base.seed]),
    baseline: findBaseline(request.baseline ?? cells[0]!.name, twins),
    notes: [
      ...planned
        .filter((cell) => !cells.includes(cell))
        .map(({ name }) => `cell ${name} does what ${twins.get(name)!.name} does, and is left out`),
      ...repeatedMethods(cells),
    ],
  };
}

/** The same mistake, with the cell's name in front. What is no mistake of a user passes as it is. */
export function ofCell(name: string, thrown: unknown, code: 'invalid-cell' | 'cell-failed' | 'does-not-fit'): unknown {
  if (!isPerfitError(thrown)) return thrown;
  const text = thrown.message.replace(/^\[[^\]]*\] /, '').replace(/\.$/, '');
  const end = text.lastIndexOf('. ');
  return errors.make(code, {
    what: `cell '${name}': ${end < 0 ? text : text.slice(0, end)}`,
    cure: end < 0 ? 'Correct or leave out that cell' : text.slice(end + 2),
    cause: thrown,
  });
}

/** All that decides what a cell does. */
const doing = ({ configuration, plans }: SweepCell) =>
  JSON.stringify([withoutMethods(configuration), plans.map(({ entry }) => entry)]);

function repeatedMethods(cells: readonly SweepCell[]): readonly string[] {
  const runs = new Map<string, { readonly method: string; readonly cells: string[] }>();
  for (const { name, configuration, plans } of cells) {
    for (const { name: method, entry } of plans) {
      const key = JSON.stringify([withoutMethods(configuration), entry]);
      const known = runs.get(key) ?? { method, cells: [] };
      known.cells.push(name);
      runs.set(key, known);
    }
  }
  return [...runs.values()]
    .filter((run) => run.cells.length > 1)
    .map((run) => `${run.method} does the same in ${run.cells.join(', ')}: --set methods=[…] without it saves that`);
}

function checkSeeds(seeds: readonly number[]): readonly number[] {
  if (seeds.length > 0 && seeds.every(Number.isSafeInteger) && new Set(seeds).size === seeds.length) return seeds;
  throw errors.make('invalid-cell', {
    what: `seeds are ${seeds.join(', ') || 'none'}`,
    cure: 'Write different whole numbers: --seeds 1,2,3',
  });
}

function findBaseline(wanted: string, twins: ReadonlyMap<string, SweepCell>): SweepPlan['baseline'] {
  const [cell, method] = wanted.split('/') as [string, string?];
  const found = twins.get(cell);
  const names = found && method !== undefined ? found.plans.map(({ name }) => name) : [...twins.keys()];
  if (found && (method === undefined || names.includes(method))) return { cell: found.name, method: method ?? null };
  throw errors.make('invalid-cell', {
    what: `baseline '${wanted}' is no ${found ? `method of ${cell}` : 'cell'}: there are ${names.join(', ')}`,
    cure: `Did you mean '${closest(method ?? cell, names)}'`,
  });
}
