import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SavedAdapter, writeAdapter } from '@perfit/lora';
import { writeWhole } from '@perfit/safetensors';
import { parse, stringify } from 'yaml';
import { withoutCostSettings } from './configuration.js';
import { errors } from './errors.js';
import type { MethodSummary, RoundAverages, RoundRecord } from './summary.js';
import type { Timings } from './timings.js';

const SUMMARY_SCHEMA = 'perfit-summary/1';
const COMPARISON_SCHEMA = 'perfit-comparison/1';

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** The files of one method's run. */
export interface RunDirectory {
  readonly path: string;
  readonly state: string;
  /** The rounds of `summary.json`, where the run in this directory is complete. */
  readonly finishedRounds: () => readonly RoundRecord[] | null;
  readonly writeAdapter: (client: string, adapter: SavedAdapter) => void;
  readonly writeSummary: (summary: Omit<MethodSummary, 'schema'>) => void;
  /** Also marks the run as complete or not. */
  readonly writeTimings: (timings: Timings, complete: boolean) => void;
}

/**
 * Opens (or, for a resume, opens again) a run directory. A directory that holds another run is refused: nothing is
 * written over.
 */
export function openRunDirectory(path: string, resolved: object, resume: boolean): RunDirectory {
  checkRunDirectory(path, resolved, resume);
  const configFile = join(path, 'config.yaml');
  if (!existsSync(configFile)) {
    mkdirSync(path, { recursive: true });
    writeWhole(configFile, stringify(resolved));
  }
  return {
    path,
    state: join(path, 'state'),
    finishedRounds: () => readFinishedRun(path)?.summary.rounds ?? null,
    writeAdapter: (client, adapter) => writeAdapter(join(path, 'clients', encodeURIComponent(client)), adapter),
    writeSummary: (summary) => writeWhole(join(path, 'summary.json'), json({ schema: SUMMARY_SCHEMA, ...summary })),
    writeTimings: (timings, complete) => writeWhole(join(path, 'timings.json'), json({ complete, ...timings })),
  };
}

/** Whether a directory holds a run. */
export const holdsRun = (path: string): boolean => existsSync(join(path, 'config.yaml'));

/** Refuses to start a run where there is one. */
export function refuseRun(path: string): never {
  throw errors.make('run-directory-exists', {
    what: `${path} already holds a run`,
    cure: 'Choose another --out, or add --resume to go on with it',
  });
}

/** Refuses a directory that holds another run than the given one, or any run where none is gone on with; writes nothing. */
export function checkRunDirectory(path: string, resolved: object, resume: boolean): void {
  const configFile = join(path, 'config.yaml');
  if (!existsSync(configFile)) return;
  if (!resume) refuseRun(path);
  const plain = (text: string) => JSON.stringify(withoutCostSettings(parse(text)));
  if (plain(readFileSync(configFile, 'utf8')) !== plain(stringify(resolved)))
    throw errors.make('resume-mismatch', {
      what: `${configFile} was made with another configuration`,
      cure: 'Resume with the same configuration, or start a new run',
    });
}

/** What the run of one method in a directory came to; null where it is not complete. */
export function readFinishedRun(path: string): { readonly summary: MethodSummary; readonly timings: Timings } | null {
  const read = (name: string) => JSON.parse(readFileSync(join(path, name), 'utf8'));
  if (!existsSync(join(path, 'timings.json'))) return null;
  const timings = read('timings.json') as Timings & { readonly complete: boolean };
  return timings.complete ? { summary: read('summary.json') as MethodSummary, timings } : null;
}

/** `DIR/summary.json` of several methods: the last round of each. */
export interface Comparison {
  readonly schema: string;
  readonly methods: Readonly<
    Record<
      string,
      {
        readonly averages: RoundAverages;
        readonly clients: Readonly<
          Record<
            string,
            { readonly personal: RoundRecord['clients'][number]['personal']; readonly global: number | null }
          >
        >;
      }
    >
  >;
}

/** Compares the last rounds of several methods. */
export function comparison(rounds: ReadonlyMap<string, readonly RoundRecord[]>): Comparison {
  const methods = [...rounds].map(([name, records]) => {
    const { averages, clients } = records.at(-1)!;
    return [
      name,
      { averages, clients: Object.fromEntries(clients.map(({ id, personal, global }) => [id, { personal, global }])) },
    ] as const;
  });
  return { schema: COMPARISON_SCHEMA, methods: Object.fromEntries(methods) };
}

/** `DIR/summary.json` of several methods on its way. */
export interface ComparisonFile {
  /** Takes note of what a complete method came to. */
  readonly remember: (method: string, rounds: readonly RoundRecord[]) => void;
  /** Writes what is remembered. */
  readonly write: () => void;
}

/** Compares the methods of a run in a directory; null: there is one method, and nothing to compare. */
export function comparisonFile(path: string | null): ComparisonFile {
  const finished = new Map<string, readonly RoundRecord[]>();
  return {
    remember: (method, rounds) => finished.set(method, rounds),
    write: () => path !== null && writeWhole(join(path, 'summary.json'), json(comparison(finished))),
  };
}
