import { createProgram } from '@perfit/cli';
import { code, fenced, page, prose, table, WIDE } from './markdown.mjs';

/** Reference of the command line, from commander's own help. */
export function commandPage() {
  const program = createProgram();
  const commands = [...program.commands].filter((command) => !command._hidden);
  return page(
    WIDE,
    '# Command line',
    'In a clone, `npx perfit …` at the root runs it. Results go to stdout, everything else to stderr; with `--json` stdout holds only JSON, at full precision. Exit status: 0 done, 1 failed, 2 wrong use.',
    table(
      ['command', 'what it does'],
      commands.map((command) => [`[${command.name()}](#perfit-${command.name()})`, prose(command.description())]),
    ),
    '## Options of every command',
    optionTable(program),
    ...commands.flatMap((command) => [
      `## perfit ${command.name()}`,
      prose(command.description()),
      fenced('sh', `perfit ${command.name()} ${command.usage()}`),
      table(
        ['argument', 'what it is'],
        command.registeredArguments.map((argument) => [code(argument.name()), prose(argument.description)]),
      ),
      optionTable(command),
      examplesOf(command),
    ]),
  );
}

const shown = (value) => (value === undefined || value === false ? '–' : code(value));

const optionTable = (command) =>
  table(
    ['option', 'default', 'what it is'],
    command.options
      .filter(({ hidden }) => !hidden)
      .map((option) => [
        code(option.flags),
        shown(option.defaultValue),
        prose([option.description, option.argChoices ? `(${option.argChoices.join(', ')})` : ''].join(' ').trim()),
      ]),
  );

/** What a command prints after its help. */
function examplesOf(command) {
  let text = '';
  command.configureOutput({ writeOut: (written) => (text += written) });
  command.outputHelp();
  const [, examples] = text.split(/\nExamples?:\n/);
  return examples ? fenced('sh', examples.replace(/^ {2}/gm, '').trim()) : '';
}
