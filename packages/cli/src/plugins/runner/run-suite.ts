import { ModuleMocker } from 'jest-mock';
import { reasonOf } from './reason.js';
import { type Block, type Body, emptyBlock, type Test } from './test-block.js';
import { testGlobals, withGlobals } from './test-globals.js';

/** How one test came out. */
export interface TestResult {
  /** Blocks and test, joined by ` › `. */
  readonly title: string;
  readonly passed: boolean;
  /** Why it failed, in one line; null where it passed. */
  readonly reason: string | null;
}

/**
 * Runs a contract suite outside of jest: declares it, then runs its tests one after the other in the order of their
 * declaration, with jest's order of hooks. Mocks are restored after every test.
 *
 * @param define declares tests through the globals, as the exported suites do.
 * @param listen hears of every result as it comes.
 */
export async function runSuite(
  define: () => void,
  listen: (result: TestResult) => void = () => {},
): Promise<readonly TestResult[]> {
  const root = emptyBlock('');
  const mocker = new ModuleMocker(globalThis);
  const globals = testGlobals(root, mocker);
  const results: TestResult[] = [];
  const settle = (path: readonly string[], reason: string | null) => {
    const result = { title: path.join(' › '), passed: reason === null, reason };
    results.push(result);
    listen(result);
  };
  await withGlobals(globals, async () => {
    (globals.describe as (title: string, body: () => void) => void)('', define);
    await runBlock(root.entries[0] as Block, [], []);
  });
  return results;

  async function runBlock(block: Block, path: readonly string[], outer: readonly Block[]): Promise<void> {
    const broken = await attempt(block.beforeAll);
    const around = [...outer, block];
    for (const entry of block.entries) {
      const at = [...path, entry.title];
      if ('entries' in entry) await (broken === null ? runBlock(entry, at, around) : failAll(entry, at, broken));
      else settle(at, broken ?? (await runTest(entry, around)));
    }
    const late = await attempt(block.afterAll);
    if (late !== null) settle([...path, 'leaves in order (afterAll)'], late);
  }

  async function runTest({ body, timeout }: Test, around: readonly Block[]): Promise<string | null> {
    const failed = (await attempt(around.flatMap((block) => block.beforeEach))) ?? (await attempt([body], timeout));
    const left = await attempt([...around].reverse().flatMap((block) => block.afterEach));
    mocker.restoreAllMocks();
    return failed ?? left;
  }

  function failAll(block: Block, path: readonly string[], reason: string): void {
    for (const entry of block.entries) {
      if ('entries' in entry) failAll(entry, [...path, entry.title], reason);
      else settle([...path, entry.title], reason);
    }
  }
}

/** The reason for which the first of these failed, or null. */
async function attempt(bodies: readonly Body[], timeout?: number): Promise<string | null> {
  for (const body of bodies) {
    try {
      await within(timeout, body);
    } catch (thrown) {
      return reasonOf(thrown);
    }
  }
  return null;
}

async function within(timeout: number | undefined, body: Body): Promise<void> {
  if (timeout === undefined) return void (await body());
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`takes longer than ${timeout} ms`)), timeout);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}
