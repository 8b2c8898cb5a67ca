import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runServer } from 'verdaccio';

/**
 * Starts a registry in this process that takes packages of this project from anybody, and asks the upstream registry for
 * every other one but never for these. Returns its address.
 */
export async function startLocalRegistry(folder, upstream) {
  const everybody = { access: '$all', publish: '$all', unpublish: '$all' };
  const configuration = join(folder, 'registry.yaml');
  writeFileSync(
    configuration,
    JSON.stringify({
      storage: join(folder, 'storage'),
      auth: { htpasswd: { file: join(folder, 'htpasswd') } },
      uplinks: { upstream: { url: upstream, timeout: '60s', maxage: '1h', max_fails: 10, cache: false } },
      packages: { '@perfit/*': everybody, '**': { access: '$all', proxy: 'upstream' } },
      web: { enable: false },
      max_body_size: '50mb',
      log: { type: 'file', path: join(folder, 'registry.log'), level: 'warn' },
    }),
  );
  const server = await runServer(configuration);
  await new Promise((resolve, reject) => {
    server.on('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${server.address().port}/`;
}
