import fc from 'fast-check';
import { encodeRow, truncateExample } from './encode-row.js';
import { alpacaPrompt } from './prompts/alpaca.js';
import { chatPrompt, chatPromptFactory } from './prompts/chat.js';

const bytes = (text: string) => [...Buffer.from(text)];
const EOS = 999;
const base = { prompt: alpacaPrompt(), encode: bytes, eosId: EOS };
const row = { instruction: 'Add.', output: 'three' };

describe('prompts', () => {
  test('alpaca, to the letter', () => {
    expect(alpacaPrompt().format(row)).toEqual({
      prompt: '### Instruction:\nAdd.\n\n### Response:\n',
      response: 'three',
    });
    expect(alpacaPrompt().format({ ...row, input: '1 2' }).prompt).toBe(
      '### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:\n',
    );
    expect(alpacaPrompt().format({ ...row, input: '' }).prompt).not.toContain('Input');
  });

  test('chat: the given template, the assistant’s turn opened, the input after an empty line', () => {
    const chat = jest.fn((messages: readonly { role: string; content: string }[], open: boolean) =>
      [...messages.map(({ role, content }) => `<${role}>${content}`), open ? '<assistant>' : ''].join(''),
    );
    expect(chatPrompt({ chat }).format({ ...row, input: '1 2' })).toEqual({
      prompt: '<user>Add.\n\n1 2<assistant>',
      response: 'three',
    });
    const made = chatPromptFactory.make(chatPromptFactory.optionsSchema.parse({ system: 'Be brief.' }), { chat });
    expect(made.format(row).prompt).toBe('<system>Be brief.<user>Add.<assistant>');
  });
});

describe('encodeRow', () => {
  test('prompt, response, EOS; each text tokenised on its own', () => {
    const encode = jest.fn(bytes);
    const { ids, promptLength } = encodeRow(row, { ...base, encode });
    const { prompt } = alpacaPrompt().format(row);
    expect(encode.mock.calls).toEqual([[prompt], ['three']]);
    expect([...ids]).toEqual([...bytes(prompt), ...bytes('three'), EOS]);
    expect(promptLength).toBe(prompt.length);
  });

  test('truncation: the response to its first ⌊N/2⌋ tokens, EOS counted, then the prompt from the left', () => {
    const whole = { ids: Int32Array.of(1, 2, 3, 4, 5, 11, 12, 13, EOS), promptLength: 5 };
    const cut = (n: number) => {
      const { ids, promptLength } = truncateExample(whole, n);
      return [[...ids.subarray(0, promptLength)], [...ids.subarray(promptLength)]];
    };
    expect(cut(9)).toEqual([
      [1, 2, 3, 4, 5],
      [11, 12, 13, EOS],
    ]);
    expect(cut(8)).toEqual([
      [2, 3, 4, 5],
      [11, 12, 13, EOS],
    ]);
    expect(cut(7)).toEqual([
      [2, 3, 4, 5],
      [11, 12, 13],
    ]);
    expect(cut(3)).toEqual([[4, 5], [11]]);
    expect(cut(2)).toEqual([[5], [11]]);
    expect(encodeRow(row, { ...base, maxTokens: 5 }).ids).toHaveLength(5);
  });

  test('is the rule of the definition for every size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 2, max: 50 }),
        (p, r, n) => {
          const prompt = Array.from({ length: p }, (_, i) => i);
          const response = Array.from({ length: r }, (_, i) => 100 + i);
          const { ids, promptLength } = truncateExample(
            { ids: Int32Array.of(...prompt, ...response), promptLength: p },
            n,
          );
          const kept = response.slice(0, Math.floor(n / 2));
          expect([...ids.subarray(promptLength)]).toEqual(kept);
          expect([...ids.subarray(0, promptLength)]).toEqual(prompt.slice(Math.max(0, p - (n - kept.length))));
          expect(promptLength).toBeGreaterThan(0);
        },
      ),
    );
  });

  test('a context cuts only what does not fit into it', () => {
    const fits = encodeRow({ instruction: 'a', output: 'long '.repeat(20) }, { ...base, context: 200 });
    expect(fits.ids.length - fits.promptLength).toBe(101);
    const cut = encodeRow({ instruction: 'a'.repeat(300), output: 'long '.repeat(30) }, { ...base, context: 200 });
    expect([cut.ids.length, cut.promptLength]).toEqual([200, 100]);
  });

  test.each([1, 0, 2.5, Number.NaN])('refuses maxTokens %p', (maxTokens) => {
    expect(() => encodeRow(row, { ...base, maxTokens })).toThrow(
      expect.objectContaining({ code: 'datasets/bad-option' }),
    );
  });

  test('refuses a prompt without a token', () => {
    const empty = { name: 'empty', format: () => ({ prompt: '', response: 'a' }) };
    expect(() => encodeRow(row, { ...base, prompt: empty })).toThrow(
      expect.objectContaining({ code: 'datasets/empty-prompt' }),
    );
  });
});
