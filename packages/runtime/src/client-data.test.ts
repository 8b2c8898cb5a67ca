import { alpacaPrompt, field, makeDataset, type Row } from '@perfit/datasets';
import { dealOut } from './client-data.js';
import { validateConfiguration } from './parse-configuration.js';
import { randomStreams } from './random-streams.js';

const rows = (count: number, task: string, output = (i: number) => `${i}`): Row[] =>
  Array.from({ length: count }, (_, i) => ({ instruction: `${task} ${i}`, output: output(i), client: task, task }));
const deal = (
  dataset: ReturnType<typeof makeDataset>,
  data: object = {},
  options: Parameters<typeof field>[0] = { field: 'task' },
  seed = 1,
) =>
  dealOut(
    dataset,
    field(options),
    validateConfiguration({ data: { path: 'x', ...data } }, 'test'),
    {
      prompt: alpacaPrompt(),
      encode: (text) => [...text].map((c) => c.charCodeAt(0)),
      eosId: 0,
      maxTokens: undefined,
      context: 1000,
    },
    randomStreams(seed),
  ).clients;
const outputs = (some: readonly Row[]) => some.map(({ output }) => output).join('');

describe('dealOut', () => {
  const both = makeDataset('x', {
    train: [...rows(10, 'a'), ...rows(5, 'b')],
    validation: [],
    test: [...rows(4, 'a'), ...rows(6, 'b')],
  });

  it('validates on the last fifth and tests on rows of the same label, in file order', () => {
    const [a, b] = deal(both);
    expect([a!.train.length, a!.validation.length, a!.test.length]).toEqual([8, 2, 4]);
    expect(outputs(a!.rows().train)).toBe('01234567');
    expect([b!.train.length, b!.validation.length, b!.test.length]).toEqual([4, 1, 6]);
  });

  it('limits rows, and gives two clients of one label the same test rows', () => {
    const [one, two] = deal(
      both,
      { trainRows: 4, testRows: 3 },
      { field: 'task', values: ['a'], clientsPerValue: 2, rowsPerClient: 5 },
    );
    expect([one!.id, two!.id]).toEqual(['a-1', 'a-2']);
    expect(one!.rows().test).toEqual(two!.rows().test);
    expect([outputs(one!.rows().train), outputs(two!.rows().train)]).toEqual(['0123', '5678']);
    expect(one!.rows().test).toHaveLength(3);
  });

  it('shuffles by the seed before dealing, so that runs of one label are broken up', () => {
    const runs = makeDataset('x', {
      train: rows(40, 'a', (i) => (i < 20 ? 'p' : 'n')),
      validation: [],
      test: rows(1, 'a'),
    });
    const options = { field: 'task', clientsPerValue: 2, rowsPerClient: 20 } as const;
    expect(
      deal(runs, {}, options).map(({ rows: own }) => new Set(own().train.map(({ output }) => output)).size),
    ).toEqual([1, 1]);
    const shuffled = deal(runs, { shuffle: true }, options);
    expect(shuffled.map(({ rows: own }) => new Set(own().train.map(({ output }) => output)).size)).toEqual([2, 2]);
    const texts = (clients: typeof shuffled) => clients.map(({ rows: own }) => own());
    expect(texts(deal(runs, { shuffle: true }, options))).toEqual(texts(shuffled));
    expect(texts(deal(runs, { shuffle: true }, options, 2))).not.toEqual(texts(shuffled));
  });

  it('takes test rows by the seed from a data set that has none, none twice', () => {
    const [a] = deal(makeDataset('x', { train: rows(20, 'a'), validation: [], test: [] }));
    expect(a!.rows().test).toHaveLength(4);
    const tested = new Set(a!.rows().test.map(({ output }) => output));
    expect(a!.rows().train.filter(({ output }) => tested.has(output))).toEqual([]);
    expect(a!.train.length + a!.validation.length + a!.test.length).toBe(20);
  });

  it('refuses a client without test rows, by name', () => {
    const lone = makeDataset('x', { train: [...rows(5, 'a'), ...rows(1, 'b')], validation: [], test: [] });
    expect(() => deal(lone)).toThrow(
      expect.objectContaining({ code: 'runtime/empty-client', message: expect.stringContaining('client b') }),
    );
  });
});
