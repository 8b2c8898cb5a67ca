import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { closest } from 'fastest-levenshtein';
import { errors } from '../errors.js';
import { scaffoldKinds } from '../plugins/scaffold/kinds.js';
import { renderPackage } from '../plugins/scaffold/render-package.js';
import { terminal } from '../terminal.js';

/** `perfit new KIND NAME` */
export function newCommand(): Command {
  return new Command('new')
    .description('Write a package with one strategy: a working one to start from, its test, and the plugin around it.')
    .argument('<kind>', Object.keys(scaffoldKinds).join(', '))
    .argument('<name>', 'its name in a configuration, kebab-case')
    .option('--dir <dir>', 'folder to write (default: ./NAME)')
    .option('--javascript', 'JavaScript instead of TypeScript')
    .addHelpText(
      'after',
      `
Examples:
  perfit new aggregator inverse-norm
  perfit new importance squared-gradient --dir plugins/squared --javascript`,
    )
    .action((kind: string, name: string, options) => {
      const found = scaffoldKinds[kind];
      if (!found) throw unknownKind(kind);
      const folder: string = options.dir ?? name;
      const files = renderPackage(kind, found, name, options.javascript ? 'javascript' : 'typescript');
      if (existsSync(folder))
        throw errors.make('not-empty', { what: `${folder} exists already`, cure: 'Choose another --dir' });
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
        terminal.result(join(folder, path));
      }
      terminal.note(`Next: cd ${folder} && npm install && npm test`);
    });
}

function unknownKind(kind: string): Error {
  const kinds = Object.keys(scaffoldKinds);
  return errors.make('unknown-kind', {
    what: `new ${kind}: there is no such kind; there are ${kinds.join(', ')}`,
    cure: `Did you mean '${closest(kind, kinds)}'`,
  });
}
