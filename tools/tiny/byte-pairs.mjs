/**
 * Trains a byte-level BPE (Sennrich et al. 2016; bytes as GPT-2 writes them) and lays it out as a tokenizer.json.
 * Ties go to the pair that sorts first, so the same text gives the same file.
 */

/** GPT-2's cut into words, which `ByteLevel` pre-tokenisation applies. */
const WORD = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** GPT-2's printable character for every byte. */
const CHARACTERS = (() => {
  const printable = (byte) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
})();

const spell = (word) => Array.from(new TextEncoder().encode(word), (byte) => CHARACTERS[byte]);

function countPairs(words) {
  const counts = new Map();
  for (const { symbols, count } of words)
    for (let i = 1; i < symbols.length; i++) {
      const pair = `${symbols[i - 1]} ${symbols[i]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  return counts;
}

function join(symbols, left, right) {
  const joined = [];
  for (let i = 0; i < symbols.length; i++)
    if (symbols[i] === left && symbols[i + 1] === right) joined.push(left + symbols[++i]);
    else joined.push(symbols[i]);
  return joined;
}

/** Merges, most frequent pair first, until `size` tokens or no pair that occurs `least` times. */
function trainMerges(texts, { size, least }) {
  const seen = new Map();
  for (const text of texts) for (const [word] of text.matchAll(WORD)) seen.set(word, (seen.get(word) ?? 0) + 1);
  const words = [...seen].map(([word, count]) => ({ symbols: spell(word), count }));
  const merges = [];
  while (merges.length < size - 256) {
    const [best] = [...countPairs(words)].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
    if (!best || best[1] < least) break;
    const [left, right] = best[0].split(' ');
    merges.push([left, right]);
    for (const word of words) word.symbols = join(word.symbols, left, right);
  }
  return merges;
}

/** `tokenizer.json` and `tokenizer_config.json` as text; the end token has id 0. */
export function trainTokenizer(texts, { size, least = 2, endToken, context }) {
  const merges = trainMerges(texts, { size: size - 1, least });
  // Two merges can spell one token.
  const tokens = [...new Set([endToken, ...CHARACTERS, ...merges.map((pair) => pair.join(''))])];
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      { id: 0, content: endToken, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    ],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
  const config = { eos_token: endToken, model_max_length: context, tokenizer_class: 'PreTrainedTokenizerFast' };
  return { vocabulary: tokens.length, tokenizer, config };
}
