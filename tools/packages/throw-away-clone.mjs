import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.mjs';

/** A clone of the last commit, on whose installed packages it borrows; its own packages link to its own folders. */
export async function throwAwayClone(root, clone) {
  await runCommand('git', ['clone', '--quiet', root, clone], { seconds: 120 });
  borrow(root, clone, 'node_modules');
  const own = join(clone, 'node_modules/@perfit');
  mkdirSync(own);
  for (const name of readdirSync(join(clone, 'packages'))) {
    symlinkSync(join(clone, 'packages', name), join(own, name), 'dir');
    borrow(root, clone, join('packages', name, 'node_modules'));
  }
}

function borrow(root, clone, folder) {
  if (!existsSync(join(root, folder))) return;
  mkdirSync(join(clone, folder));
  for (const name of readdirSync(join(root, folder))) {
    if (name !== '@perfit' && name !== '.package-lock.json')
      symlinkSync(join(root, folder, name), join(clone, folder, name));
  }
}
