import { expect } from 'expect';
import { bind } from 'jest-each';
import type { ModuleMocker } from 'jest-mock';
import { type Block, type Body, emptyBlock } from './test-block.js';

/** As jest.config has it for the packages' own tests. */
const TIMEOUT = 60_000;

/**
 * What contract suites find as globals: `describe`, `test`, `it`, with `each` and `skip`; the four hooks; `expect`; of
 * `jest` its mocks. What they declare ends up in `root`.
 */
export function testGlobals(root: Block, mocker: ModuleMocker): Readonly<Record<string, unknown>> {
  let open = root;

  const declareTest = (title: string, body: Body, timeout = TIMEOUT) => {
    open.entries.push({ title, body, timeout });
  };
  const declareBlock = (title: string, body: Body) => {
    const [outer, block] = [open, emptyBlock(title)];
    outer.entries.push(block);
    open = block;
    try {
      body();
    } catch (thrown) {
      // A block that cannot even be declared is a failed test of its own.
      declareTest('can be set up', () => {
        throw thrown;
      });
    } finally {
      open = outer;
    }
  };
  const skip = Object.assign(() => {}, { each: () => () => {} });
  const test = Object.assign(declareTest, { each: bind(declareTest, false), skip });
  return {
    describe: Object.assign(declareBlock, { each: bind(declareBlock, false), skip }),
    test,
    it: test,
    beforeAll: (hook: Body) => open.beforeAll.push(hook),
    beforeEach: (hook: Body) => open.beforeEach.push(hook),
    afterEach: (hook: Body) => open.afterEach.push(hook),
    afterAll: (hook: Body) => open.afterAll.push(hook),
    expect,
    jest: {
      fn: mocker.fn.bind(mocker),
      spyOn: mocker.spyOn.bind(mocker),
      replaceProperty: mocker.replaceProperty.bind(mocker),
      restoreAllMocks: mocker.restoreAllMocks.bind(mocker),
    },
  };
}

/** Runs `body` while the globals of these names are there; puts back what was there before. */
export async function withGlobals<T>(globals: Readonly<Record<string, unknown>>, body: () => Promise<T>): Promise<T> {
  const before = Object.keys(globals).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, value] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    return await body();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete (globalThis as Record<string, unknown>)[name];
    }
  }
}
