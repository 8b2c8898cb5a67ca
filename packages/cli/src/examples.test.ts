import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const example = (name: string, ...args: readonly string[]) => {
  const path = fileURLToPath(new URL(`../../../examples/${name}/run.mjs`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, '--json', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};

describe('examples', () => {
  it('the scores find what matters: removing the lowest-scored half hurts far less than a random half', () => {
    const { dense, curves } = example('scores-find-what-matters', '--steps', '12', '--rank', '8');
    const rise = (name: string, share: number) => {
      const { points } = curves.find(({ importance }: { importance: string }) => importance === name);
      return points.find((point: { share: number }) => point.share === share).trainLoss - dense.trainLoss;
    };
    for (const name of ['first', 'second', 'mixed', 'magnitude'])
      expect(rise(name, 0.5)).toBeLessThan(0.5 * rise('random', 0.5));
  }, 120_000);

  it("LoRA's own start has only zero scores, the symmetric one none, at the frozen model's loss", () => {
    const { starts, frozenLoss } = example('symmetric-against-zero', '--rank', '8');
    const of = (name: string) => starts.find(({ start }: { start: string }) => start === name);
    expect(of('zero').gradientNorm.A).toBe(0);
    expect(of('zero').gradientNorm.B).toBeGreaterThan(0);
    for (const { zeroShare } of of('zero').scores) expect(zeroShare).toEqual({ A: 1, B: 1 });
    for (const { zeroShare } of of('symmetric').scores) expect(Math.max(zeroShare.A, zeroShare.B)).toBeLessThan(0.01);
    expect(Math.abs(of('symmetric').lossDifference)).toBeLessThan(1e-5 * frozenLoss);
    expect(of('symmetric').gradientNorm.A).toBeGreaterThan(0);
  }, 120_000);

  it('two clients: masks differ, shared positions average, exclusive ones stay', () => {
    const result = example('two-clients', '--steps', '6', '--rank', '4');
    expect(result.live).toEqual([result.budget, result.budget]);
    expect(result.jaccard).toBeLessThan(1);
    expect(result.exclusive[0]).toBeGreaterThan(0);
    expect(result.shared + result.exclusive[0]).toBe(result.budget);
    expect(result.sharedFurthestFromMean).toBeLessThan(1e-6);
    expect(result.exclusiveMoved).toBe(0);
  }, 120_000);
});
