import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ggufTokenizer } from './gguf.js';
import { huggingFaceTokenizer } from './hugging-face.js';

const golden = JSON.parse(readFileSync(join(__dirname, '../goldens/tokenizers.json'), 'utf8'));
const names = Object.keys(golden.tokenizers);
const config = { eos_token: '<|im_end|>', bos_token: '<|im_start|>' };

function fromFile(name: string) {
  const part = golden.tokenizers[name];
  const model = { ...part.model, vocab: golden.vocab, merges: golden.merges };
  return huggingFaceTokenizer({ tokenizer: { ...part, model }, config });
}

const tokens = Object.keys(golden.vocab).sort((a, b) => golden.vocab[a] - golden.vocab[b]);
const metadata = (pre: string) => ({
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': pre,
  'tokenizer.ggml.tokens': tokens,
  'tokenizer.ggml.token_type': tokens.map((_, id) => (id < 3 ? 3 : 1)),
  'tokenizer.ggml.merges': golden.merges,
  'tokenizer.ggml.eos_token_id': 2,
});

describe.each(names)('%s', (name) => {
  const sources = { 'tokenizer.json': fromFile(name), GGUF: ggufTokenizer(metadata(name)) };
  describe.each(Object.entries(sources))('from %s', (_, tokenizer) => {
    test.each((golden.texts as string[]).map((text, i): [string, number] => [JSON.stringify(text).slice(0, 40), i]))(
      'gives the ids of Python and back: %s',
      (_text, i) => {
        expect(tokenizer.encode(golden.texts[i])).toEqual(golden.ids[name][i]);
        expect(tokenizer.decode(golden.ids[name][i])).toBe(golden.decoded[name][i]);
      },
    );

    test('says which token ends a text', () => expect(tokenizer.eosId).toBe(2));
  });
});

test('the four pre-tokenisers differ on the texts', () => {
  expect(new Set(names.map((name) => JSON.stringify(golden.ids[name]))).size).toBe(4);
});

test('any text survives the way to ids and back', () => {
  const tokenizer = fromFile('smollm');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }),
  );
});

describe('errors', () => {
  const part = golden.tokenizers.smollm;
  const file = { ...part, model: { ...part.model, vocab: golden.vocab, merges: golden.merges } };
  const code = (code: string) => expect.objectContaining({ code: `models/${code}` });

  test('no end token, or one that is not in the vocabulary', () => {
    expect(() => huggingFaceTokenizer({ tokenizer: file, config: {} })).toThrow(code('no-end-token'));
    expect(() => huggingFaceTokenizer({ tokenizer: file, config: { eos_token: '</s>' } })).toThrow(
      code('no-end-token'),
    );
    expect(() => ggufTokenizer({ ...metadata('smollm'), 'tokenizer.ggml.eos_token_id': undefined })).toThrow(
      code('no-end-token'),
    );
  });

  test('malformed files', () => {
    expect(() => huggingFaceTokenizer({ tokenizer: {}, config })).toThrow(code('bad-tokenizer'));
    expect(() => huggingFaceTokenizer({ tokenizer: [], config })).toThrow(code('bad-tokenizer'));
    expect(() => huggingFaceTokenizer({ tokenizer: file, config: { eos_token: 3 } })).toThrow(code('bad-tokenizer'));
    expect(() => huggingFaceTokenizer({ tokenizer: { ...file, pre_tokenizer: { type: 'Unheard' } }, config })).toThrow(
      code('bad-tokenizer'),
    );
    expect(() => ggufTokenizer({ ...metadata('smollm'), 'tokenizer.ggml.merges': undefined })).toThrow(
      code('bad-tokenizer'),
    );
  });

  test('GGUF tokenizers of other kinds', () => {
    expect(() => ggufTokenizer({ ...metadata('smollm'), 'tokenizer.ggml.model': 'llama' })).toThrow(
      code('unsupported-tokenizer'),
    );
    expect(() => ggufTokenizer(metadata('tekken'))).toThrow(code('unsupported-tokenizer'));
    expect(() => ggufTokenizer(metadata('constructor'))).toThrow(code('unsupported-tokenizer'));
  });
});

describe('chat', () => {
  const chat = (config: object, chatTemplate?: string) => {
    const part = golden.tokenizers.smollm;
    const tokenizer = { ...part, model: { ...part.model, vocab: golden.vocab, merges: golden.merges } };
    return huggingFaceTokenizer({ tokenizer, config: { eos_token: '<|im_end|>', ...config }, chatTemplate }).chat;
  };
  const template =
    '{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}>{% endif %}';
  const messages = [{ role: 'user' as const, content: 'Hi' }];

  test('formats by the template of the configuration, a list of them, or a file of its own', () => {
    expect(chat({ chat_template: template })(messages, true)).toBe('[user]Hi<|im_end|>>');
    expect(chat({ chat_template: template })(messages, false)).toBe('[user]Hi<|im_end|>');
    const list = [
      { name: 'tools', template: 'no' },
      { name: 'default', template: 'yes' },
    ];
    expect(chat({ chat_template: list })(messages, true)).toBe('yes');
    expect(chat({ chat_template: 'no' }, 'yes')(messages, true)).toBe('yes');
  });

  test('no template and a bad one are errors', () => {
    expect(() => chat({})(messages, true)).toThrow(expect.objectContaining({ code: 'models/no-chat-template' }));
    for (const bad of ['{% for %}', "{{ raise_exception('roles must alternate') }}"])
      expect(() => chat({}, bad)(messages, true)).toThrow(
        expect.objectContaining({ code: 'models/bad-chat-template' }),
      );
  });
});
