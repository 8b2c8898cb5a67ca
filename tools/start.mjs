import { prepare, step } from './prepare.mjs';

prepare();
step('run the embedded default', process.execPath, ['packages/cli/bin/perfit.js', 'run', ...process.argv.slice(2)], {
  stdout: 'inherit',
});
