import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** What every benchmark takes. */
const COMMON = {
  model: 'smollm2-135m',
  data: 'embedded',
  threads: availableParallelism(),
  repeats: 2,
  kinds: 'default,best',
  quick: false,
  onlyOurs: false,
  record: false,
};
/** What `--quick` changes of it. */
const QUICK = { model: 'tiny', repeats: 1, kinds: 'best' };

const dashed = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * Reads the command line: `own` are a benchmark's further options, `quick` the values that `--quick` gives them. The type
 * of a default is the type of its option; what stands on the command line goes first. `--help` prints the comment at the
 * head of the file.
 */
export function readOptions(own = {}, quick = {}, argv = process.argv.slice(2)) {
  const defaults = { ...COMMON, ...own };
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      dashed(name),
      { type: typeof value === 'boolean' ? 'boolean' : 'string' },
    ]),
  );
  let given;
  try {
    given = parseArgs({ args: argv, options: { ...options, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    refuse(error.message);
  }
  if (given.help) {
    process.stdout.write(`${header(process.argv[1])}\n`);
    process.exit(0);
  }
  const base = { ...defaults, ...(given.quick ? { ...QUICK, ...quick } : {}) };
  return Object.fromEntries(
    Object.entries(base).map(([name, value]) => [name, typed(dashed(name), given[dashed(name)], value)]),
  );
}

function typed(name, text, value) {
  if (text === undefined) return value;
  if (typeof value !== 'number') return text;
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) refuse(`--${name} ${text}: a positive number is needed.`);
  return number;
}

function refuse(message) {
  process.stderr.write(`${message} --help tells the options.\n`);
  process.exit(2);
}

const header = (file) =>
  /\/\*\*\n([\s\S]*?)\n \*\//.exec(readFileSync(file, 'utf8'))?.[1].replace(/^ \* ?/gm, '') ?? file;
