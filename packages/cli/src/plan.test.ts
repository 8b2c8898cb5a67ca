import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseMemory } from './memory-option.js';

const bin = fileURLToPath(new URL('../bin/perfit.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'perfit-plan-'));
const perfit = (...args: readonly string[]) =>
  spawnSync(process.execPath, [bin, ...args], { cwd: scratch, encoding: 'utf8' });
const SMALL = ['--set', 'methods=[untuned, perfit]', 'batchSize=4', 'data={path: embedded, trainRows: 8, testRows: 2}'];

// Every call is a process of its own.
jest.setTimeout(240_000);

describe('perfit plan', () => {
  it('prints a row a method by part, what is needed and what there is', () => {
    const { status, stdout, stderr } = perfit('plan', ...SMALL, '--memory', '64GiB');
    expect(stderr).toBe('');
    for (const part of [
      'weights',
      'saved',
      'logits',
      'temporary',
      'adapter',
      'statistics',
      'scratch',
      'host',
      'process',
    ])
      expect(stdout).toContain(part);
    expect(stdout).toMatch(/│ untuned +│ evaluation, [\w-]+/);
    expect(stdout).toMatch(/│ perfit +│ training, [\w-]+/);
    expect(stdout).toMatch(/\nfits: needs 0\.\d\d GiB, 64\.00 GiB allowed\n$/);
    expect(status).toBe(0);
  });

  it('prints JSON only with --json; exits with 1 and the cure where it does not fit', () => {
    const { status, stdout, stderr } = perfit('plan', ...SMALL, '--memory', '100MB', '--json');
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({ fits: false, cures: [], limit: { bytes: 1e8, source: 'given' } });
    expect(plan.settings).toEqual({
      batchSize: 4,
      maxTokens: 160,
      dtype: 'f32',
      activationCheckpointing: false,
      clientsAtOnce: 1,
    });
    for (const { peak, phases } of plan.methods) {
      const sum = Object.values(peak.parts as Record<string, number>).reduce((a, b) => a + b, 0);
      expect(sum / peak.total).toBeCloseTo(1, 9);
      expect(Math.max(...phases.map(({ total }: { total: number }) => total))).toBe(peak.total);
    }
    expect(stderr).toMatch(/^\[perfit\/cli\] this run does not fit\. .*--memory\.\n$/);
    expect(status).toBe(1);
  });

  it('run and sweep refuse such a run in one line, and write nothing', () => {
    for (const [command, ...more] of [['run'], ['sweep', '--vary', 'rank=2,4']] as const) {
      const out = join(scratch, command);
      const { status, stdout, stderr } = perfit(command, ...SMALL, ...more, '--memory', '100MB', '--out', out);
      const lines = stderr.trimEnd().split('\n');
      expect(lines.at(-1)).toMatch(/^\[perfit\/runtime\] .*needs 0\.\d\d GiB of memory .*--memory allows 0\.09 GiB\. /);
      if (command === 'sweep') expect(lines.at(-1)).toContain("cell 'rank-2'");
      expect([status, stdout]).toEqual([1, '']);
      expect(existsSync(out)).toBe(false);
    }
  });

  it('refuses a size that is none', () => {
    const { status, stderr } = perfit('plan', '--memory', 'much');
    expect(stderr).toMatch(/'much' is no size such as 8GiB/);
    expect(status).toBe(2);
  });
});

test.each([
  ['1000000', 1e6],
  ['500MB', 5e8],
  ['8GiB', 2 ** 33],
  ['1.5 gib', 1.5 * 2 ** 30],
])('%s is %i bytes', (text, bytes) => {
  expect(parseMemory(text)).toBe(bytes);
});

test.each(['', '0', '-1GB', '8XB', '1e9'])('%p is no size', (text) => {
  expect(() => parseMemory(text)).toThrow('is no size');
});
