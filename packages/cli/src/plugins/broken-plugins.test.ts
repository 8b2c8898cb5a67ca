import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conformPlugin } from './conform-plugin.js';

const folder = fileURLToPath(new URL('../../../../examples/broken-plugins', import.meta.url));

/** The law that each breaks. Others may fall with it. */
const laws: Readonly<Record<string, string>> = {
  'wrong-weighting.ts': 'a client with nearly all examples decides the mean',
  'order-dependent.js': 'the order of the updates changes nothing beyond 1e-6',
  'touches-exclusive.ts': 'sends finite values inside of the receiver’s shared positions, at every stage',
  'forgets-scale.ts': 'the scale σ moves the residual in proportion, and nothing else',
  'leaks-state.js': 'rounds leave no trace outside of the state',
  'mutates-input.js': 'alters neither updates, state, registry nor start',
  'ignores-mask.ts': 'values land on the positions of their mask, and on no other',
  'non-deterministic.js': 'the same updates in the same order give the same bits',
};

describe('plugins that are broken on purpose', () => {
  it.each(Object.entries(laws))('%s', async (file, law) => {
    const { plugin } = await import(join(folder, file));
    const { results } = await conformPlugin(plugin);
    const failed = results.filter(({ passed }) => !passed);
    expect(failed.map(({ title }) => title.split(' › ').slice(1).join(' › '))).toContain(law);
  });

  it('are all of the folder, and the README names their laws', () => {
    const files = readdirSync(folder).filter((name) => /\.[jt]s$/.test(name) && !name.startsWith('around-mean'));
    expect(files.sort()).toEqual(Object.keys(laws).sort());
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const [file, law] of Object.entries(laws)) expect(readme).toMatch(new RegExp(`\`${file}\`.* ${law} \\|`));
  });
});
