import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/perfit.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'perfit-sweep-cli-'));
const perfit = (...args: readonly string[]) =>
  spawnSync(process.execPath, [bin, ...args], { cwd: scratch, encoding: 'utf8' });

describe('perfit sweep', () => {
  const out = join(scratch, 'sweep');
  const args = [
    'sweep',
    fileURLToPath(new URL('../../../../examples/ablation/ablation.yaml', import.meta.url)),
    ...['--set', 'rounds=2', 'steps=4', 'batchSize=2', 'rank=2', 'maxTokens=48'],
    'data={path: embedded, trainRows: 6, testRows: 1}',
    'partitioner={name: field, values: [inn-1, port-1]}',
    ...['--vary', 'aggregator=shared-exclusive,mask-similarity', '--out', out, '--json'],
  ];

  it('leaves whole rounds when it is interrupted, goes on with --resume, and prints JSON only', async () => {
    const child = spawn(process.execPath, [bin, ...args], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    let told = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    child.stderr.on('data', (chunk) => {
      told += chunk;
    });
    const state = join(out, 'cells', 'shared-exclusive', 'seed-1', 'state', 'round-1');
    const timer = setInterval(() => {
      if (!existsSync(state)) return;
      clearInterval(timer);
      child.kill('SIGINT');
    }, 5);
    const status = await new Promise((resolve) => child.on('exit', resolve));
    expect(status).toBe(130);
    expect(printed).toBe('');
    expect(told).toMatch(/\[1\/2\] cell shared-exclusive, seed 1\n/);
    expect(told).toMatch(/stopped: whole rounds are in .*sweep\. Go on with --out .*sweep --resume\./);
    expect(existsSync(join(out, 'results.json'))).toBe(false);

    expect(perfit(...args)).toMatchObject({ status: 1, stderr: expect.stringContaining('add --resume') });

    const { status: done, stdout, stderr } = perfit(...args, '--resume');
    expect(done).toBe(0);
    expect(stderr).toContain('resumed at round 2');
    const results = JSON.parse(stdout);
    const baseline = { cell: 'shared-exclusive', method: null };
    expect(results).toMatchObject({ out, seeds: [1], varied: ['aggregator'], baseline });
    expect(results.rows.map(({ name }: { name: string }) => name)).toEqual(['shared-exclusive', 'mask-similarity']);
    // What the stopped run kept of the first local steps serves the one that comes after.
    expect(results.rows[1].seeds[0].reused).toBe(2);
    const events = readFileSync(join(out, 'cells', 'mask-similarity', 'seed-1', 'events.jsonl'), 'utf8');
    expect(events).toContain('"run-completed"');
    expect(readdirSync(out).sort()).toEqual(['cells', 'results.csv', 'results.json', 'results.md']);
  }, 120_000);

  it.each([
    [['--vary', 'importance=first,fist'], /cell 'fist': unknown importance/],
    [['--seeds', '1,x'], /'1,x' is no list of whole numbers/],
  ])('exits 2 on wrong use: %j', (wrong, message) => {
    const { status, stderr } = perfit('sweep', '--set', 'algorithm=perfit', ...wrong);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  });
});
