#!/usr/bin/env node
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../dist/main.js', import.meta.url))) {
  process.stderr.write(
    '[perfit/cli] the packages are not built. Run `npm run build`, or `npm start`, at the root of the clone.\n',
  );
  process.exit(1);
}
const { main } = await import('../dist/main.js');
await main(process.argv.slice(2));
