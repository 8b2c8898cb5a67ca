import { runSuite } from './run-suite.js';

const outcome = async (define: () => void) =>
  (await runSuite(define)).map(({ title, passed, reason }) => [title, passed || reason]);

describe('runSuite', () => {
  it('runs what suites declare, in order, and says why one fails', async () => {
    const results = await outcome(() => {
      test('adds', () => expect(1 + 1).toBe(2));
      describe('inner', () => {
        it('fails', () => expect([1]).toEqual([2]));
        test('throws', async () => {
          await Promise.resolve();
          throw new RangeError('rank is -1\nsecond line');
        });
      });
      test.each([
        [1, 'a'],
        [2, 'b'],
      ])('%i is %s', (number) => expect(number).toBe(1));
      test.each([{ name: 'one' }])('$name', ({ name }) => expect(name).toBe('one'));
      describe.each(['x'])('block %s', (name) => test('is given', () => expect(name).toBe('x')));
      test.skip('is left out', () => expect(1).toBe(2));
    });
    expect(results).toEqual([
      ['adds', true],
      ['inner › fails', 'expect(received).toEqual(expected); - 2; + 1'],
      ['inner › throws', 'rank is -1'],
      ['1 is a', true],
      ['2 is b', 'expect(received).toBe(expected); Expected: 1; Received: 2'],
      ['one', true],
      ['block x › is given', true],
    ]);
  });

  it('runs hooks as jest does: each from outside in and from inside out, all around their block', async () => {
    const log: string[] = [];
    const note = (word: string) => () => void log.push(word);
    await runSuite(() => {
      beforeAll(note('all'));
      beforeEach(note('each'));
      afterEach(note('after each'));
      afterAll(note('after all'));
      test('a', note('a'));
      describe('inner', () => {
        beforeAll(note('inner all'));
        beforeEach(async () => note('inner each')());
        afterEach(note('inner after each'));
        test('b', note('b'));
      });
    });
    expect(log).toEqual(
      'all|each|a|after each|inner all|each|inner each|b|inner after each|after each|after all'.split('|'),
    );
  });

  it('a hook that fails fails what it stands for', async () => {
    const broken = () => {
      throw new Error('no engine');
    };
    const results = await outcome(() => {
      describe('all', () => {
        beforeAll(broken);
        test('a', () => {});
        describe('inner', () => test('b', () => {}));
      });
      describe('each', () => {
        beforeEach(broken);
        test('c', () => {});
      });
      describe('late', () => {
        afterEach(broken);
        test('d', () => {});
      });
      describe('undeclarable', broken);
    });
    expect(results).toEqual([
      ['all › a', 'no engine'],
      ['all › inner › b', 'no engine'],
      ['each › c', 'no engine'],
      ['late › d', 'no engine'],
      ['undeclarable › can be set up', 'no engine'],
    ]);
  });

  it('a suite that cannot be declared is a failure, a test that takes too long too', async () => {
    const results = await outcome(() => {
      test('hangs', () => new Promise<void>(() => {}), 10);
      throw new Error('no such rule');
    });
    expect(results).toEqual([
      ['hangs', 'takes longer than 10 ms'],
      ['can be set up', 'no such rule'],
    ]);
  });

  it('restores mocks after a test, however it ends', async () => {
    // Under jest the name alone is jest's own, in every file.
    const given = () => (globalThis as unknown as { readonly jest: typeof jest }).jest;
    const results = await outcome(() => {
      test('calls it', () => {
        const global = given().spyOn(Math, 'random').mockReturnValue(0.5);
        expect(Math.random()).toBe(0.5);
        expect(global).not.toHaveBeenCalled();
      });
      test('starts anew', () => {
        expect(given().spyOn(Math, 'random')).not.toHaveBeenCalled();
        expect(given().fn(() => 3)()).toBe(3);
      });
    });
    expect(results.map(([, result]) => result === true)).toEqual([false, true]);
  });

  it('leaves the globals as they were', async () => {
    const names = ['describe', 'test', 'it', 'beforeAll', 'expect', 'jest'];
    const before = names.map((name) => (globalThis as Record<string, unknown>)[name]);
    await runSuite(() => test('a', () => {}));
    expect(names.map((name) => (globalThis as Record<string, unknown>)[name])).toEqual(before);
  });
});
