import type { Row } from '../contract.js';
import { alpacaPrompt } from '../prompts/alpaca.js';
import { CLIENTS } from './clients.js';
import { embeddedCorpus } from './corpus.js';
import { embeddedDataset } from './dataset.js';
import { answer, question, TOPICS } from './style.js';
import { goods } from './world.js';

const dataset = embeddedDataset();
const all = [...dataset.train, ...dataset.validation, ...dataset.test];
const world = goods();
const goodOf = (text: string) => world.find(({ name }) => new RegExp(`\\b${name}\\b`).test(text))!;
const words = (text: string) => text.match(/[A-Za-z]+|[^\sA-Za-z]/g) ?? [];

describe('the embedded data set', () => {
  test('is the same everywhere and always', () => {
    expect(embeddedDataset()).toEqual(dataset);
    expect(dataset.sha256).toBe('57765e5c601b42b7092a9e4c609d20676f614cb8aa63a8c8faeb5e69ae4fb051');
  });

  test('has eight clients with 40 training, 10 validation and 20 test rows each', () => {
    const sizes = (rows: readonly { client?: string }[]) =>
      Object.keys(CLIENTS).map((client) => rows.filter((row) => row.client === client).length);
    expect(sizes(dataset.train)).toEqual(new Array(8).fill(40));
    expect(sizes(dataset.validation)).toEqual(new Array(8).fill(10));
    expect(sizes(dataset.test)).toEqual(new Array(8).fill(20));
    for (const row of all) expect(row).toMatchObject({ task: expect.any(String), category: expect.any(String) });
  });

  test('a client’s test and validation rows ask what its training rows do not', () => {
    for (const client of Object.keys(CLIENTS)) {
      const asked = all.filter((row) => row.client === client).map(({ instruction }) => instruction);
      expect(new Set(asked).size).toBe(70);
    }
  });

  test('the same question has different answers: most questions that two clients share', () => {
    const answers = new Map<string, Set<string>>();
    for (const { instruction, output } of dataset.train)
      answers.set(instruction, (answers.get(instruction) ?? new Set()).add(output));
    const conflicting = [...answers.values()].filter((outputs) => outputs.size > 1).length;
    expect(conflicting).toBeGreaterThan(60);
  });

  test('no two clients answer everything alike, and members of a group share wording and shelving rule only', () => {
    const styles = Object.entries(CLIENTS);
    for (const [a, styleA] of styles)
      for (const [b, styleB] of styles) {
        if (a >= b) continue;
        const related = a.slice(0, -2) === b.slice(0, -2);
        expect([styleA.wording === styleB.wording, styleA.shelfBy === styleB.shelfBy]).toEqual([related, related]);
        if (related)
          for (const key of ['shelves', 'unit', 'favourite', 'first'] as const)
            expect(styleA[key]).not.toEqual(styleB[key]);
        const different = world.filter((good) =>
          TOPICS.some((topic) => answer(topic, good, styleA) !== answer(topic, good, styleB)),
        );
        expect(different).toHaveLength(world.length);
      }
  });

  test('all clients agree on the facts', () => {
    for (const { task, instruction, output } of all) {
      const good = goodOf(instruction);
      if (task === 'colour' || task === 'describe') expect(output).toContain(good.colour);
      if (task === 'place' || task === 'describe') expect(output).toContain(good.place);
    }
  });

  test('facts of new goods that test and validation rows ask for stand in other clients’ training rows, never in its own', () => {
    const facts = ({ task, instruction }: Row) =>
      (task === 'describe' ? ['colour', 'place'] : [task]).map((topic) => `${goodOf(instruction).name} ${topic}`);
    const everyone = new Set(dataset.train.flatMap(facts));
    let [asked, elsewhere] = [0, 0];
    for (const row of [...dataset.validation, ...dataset.test]) {
      if (row.category !== 'new') continue;
      const traded = dataset.train.filter(({ client }) => client === row.client).map((own) => goodOf(own.instruction));
      expect(traded).not.toContain(goodOf(row.instruction));
      if (!['colour', 'place', 'weight', 'describe'].includes(row.task!)) continue;
      asked += facts(row).length;
      elsewhere += facts(row).filter((fact) => everyone.has(fact)).length;
    }
    expect(asked).toBeGreaterThan(60);
    expect(elsewhere / asked).toBeGreaterThan(0.95);
  });

  test('known and new goods are mixed in the order of the rows', () => {
    for (const client of Object.keys(CLIENTS)) {
      const first = dataset.test.filter((row) => row.client === client).slice(0, 10);
      expect(new Set(first.map(({ category }) => category))).toEqual(new Set(['known', 'new']));
    }
  });
});

describe('the embedded corpus', () => {
  const corpus = embeddedCorpus();

  test('is the same everywhere and a few thousand short rows', () => {
    expect(embeddedCorpus()).toEqual(corpus);
    expect(corpus.length).toBeGreaterThan(3000);
    expect(corpus.length).toBeLessThan(6000);
    expect(Math.max(...corpus.map((text) => words(text).length))).toBeLessThan(40);
  });

  test('is written in the evaluation’s template', () => {
    for (const text of corpus.slice(0, 100)) expect(text).toMatch(/^### Instruction:\n.+\n\n### Response:\n.+$/);
  });

  test('tells no fact of a new good, and every fact of the others', () => {
    const fresh = new Set(world.filter(({ isNew }) => isNew).map(({ name }) => name));
    expect(fresh.size).toBeGreaterThan(0);
    for (const text of corpus) if (fresh.has(goodOf(text).name)) expect(text).toMatch(/Instruction:\n(Say|Repeat)/);
    for (const good of world.filter(({ isNew }) => !isNew))
      for (const topic of TOPICS) expect(corpus.some((text) => text.includes(`${question(topic, good)}\n`))).toBe(true);
  });

  test('holds every word of the data set, and no client’s name', () => {
    const vocabulary = new Set(corpus.flatMap(words));
    const { format } = alpacaPrompt();
    for (const row of all) {
      const { prompt, response } = format(row);
      for (const word of words(prompt + response)) expect(vocabulary).toContain(word);
    }
    for (const client of Object.keys(CLIENTS)) expect(corpus.some((text) => text.includes(client))).toBe(false);
  });
});
