import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { environment, root } from './machine.mjs';

const HISTORY = join(root, 'benchmarks', 'history.jsonl');

const isSpread = (value) =>
  ['median', 'min', 'max'].every((key) => Number.isFinite(value?.[key])) &&
  value.min <= value.median &&
  value.median <= value.max;

/**
 * Refuses what is not a report: `benchmark`, `environment`, `options`, `figures` (ours, by name) and `ratios` (by name),
 * spreads of finite numbers.
 */
export function checkReport(report) {
  const wrong = (what) => new Error(`the report of ${report?.benchmark} has ${what}`);
  for (const key of ['benchmark', 'baseline', 'options', 'environment', 'figures', 'ratios', 'results'])
    if (report?.[key] === undefined) throw wrong(`no ${key}`);
  for (const key of ['date', 'commit', 'cpu', 'flags', 'cores', 'threads', 'node', 'loadAtStart'])
    if (report.environment[key] === undefined) throw wrong(`no environment.${key}`);
  if (Object.keys(report.figures).length === 0) throw wrong('no figures');
  for (const key of ['figures', 'ratios'])
    for (const [name, value] of Object.entries(report[key]))
      if (!isSpread(value) || value.min < 0) throw wrong(`${key}["${name}"] = ${JSON.stringify(value)}`);
  return report;
}

/** What a history keeps of a report. */
export function historyRecord({ benchmark, environment: at, options, ratios }) {
  return {
    date: at.date,
    benchmark,
    commit: at.commit,
    machine: `${at.cpu}, ${at.cores} cores, ${at.threads} threads`,
    flags: at.flags,
    load: at.loadAtStart[0],
    model: options.model,
    ratios: Object.fromEntries(
      Object.entries(ratios).map(([name, { median }]) => [name, Number(median.toPrecision(4))]),
    ),
  };
}

/**
 * Checks a report, prints it as JSON, and appends its ratios to the history where `--record` says so.
 *
 * @param report.versions what the measured processes told of theirs. @param report.baseline why there is no baseline;
 * null where there is one.
 */
export function tell({ benchmark, options, baseline = null, versions = {}, figures, ratios = {}, results = {} }) {
  const { record, onlyOurs: _, ...told } = options;
  const report = checkReport({
    benchmark,
    // Rates above 1 and times and memory below 1 are in our favour.
    baseline: baseline === null ? 'measured in this run' : `not measured: ${baseline}`,
    // A report names what was read, not where it lay.
    options: { ...told, data: basename(told.data), model: basename(told.model) },
    environment: environment(options.threads, versions),
    figures,
    ratios,
    results,
  });
  if (baseline !== null) process.stderr.write(`${benchmark}: only our side is measured (${baseline}).\n`);
  if (record && Object.keys(ratios).length > 0) appendFileSync(HISTORY, `${JSON.stringify(historyRecord(report))}\n`);
  else if (record) process.stderr.write(`${benchmark}: nothing is recorded, since there are no ratios.\n`);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

/** Versions that runs told, merged. */
export const versionsOf = (runs) =>
  Object.assign({}, ...Object.values(runs).flatMap((all) => all.map(({ versions }) => versions)));
