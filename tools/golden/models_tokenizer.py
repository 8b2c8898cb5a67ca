"""A byte-level BPE of 320 tokens under four pre-tokenisers, and the ids of varied texts under each."""
import json
from pydoc_data.topics import topics

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

VOCABULARY = 320
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# No chain of merges leads here: only `ignore_merges` finds it.
UNREACHABLE = "Ġquetzalcoatl"

LLAMA = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level(use_regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def split(pattern):
    from tokenizers import Regex

    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), byte_level(False)])


PRE_TOKENIZERS = {
    "gpt-2": lambda: byte_level(True),
    "smollm": lambda: pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(True)]),
    "llama-bpe": lambda: split(LLAMA),
    "qwen2": lambda: split(LLAMA.replace(r"\p{N}{1,3}", r"\p{N}")),
}

TEXTS = [
    "The capital of France is",
    "don't we'll THEY'RE I'm it's o'clock 'tis 'S 'LL",
    "1 12 123 1234 12345 3.14 1,000,000 2018-01-22 0x1F 1e-5",
    " leading,  two   three    four     spaces ",
    "  ١  ²  Ⅷ  ½  ๑",
    "  2 spaces then a digit,   3 more\t4 tab",
    "line\nbreaks\n\n\nand\r\nCRLF\r\n\r\n  indented\n\ttab\n \n",
    "def f(x: int) -> int:\n    if x <= 1:\n        return 1\n    return x * f(x - 1)  # n!\n",
    '{"key": [1, 2.5, null, true], "other": "a\\nb"}',
    "naïve café – “quoted” … ¿qué? ÅÄÖ ß ﬁ ½ ² ³ Ⅷ ①",
    "cafe\u0301 e\u0301 n\u0303 combining; nul\u0000 del\u007f nel\u0085end bom\ufeffend nbsp\u00a0x zwsp\u200bx ideographic\u3000x",
    "日本語のテキスト、中文文本。 한국어 텍스트",
    "Привет, мир! שלום עולם مرحبا ١٢٣ ४५६ ไทย๑๒๓",
    "emoji 😀😃 👩‍👩‍👧‍👦 🇫🇷 👍🏽 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "𝒜𝓁𝑔 𐍈 mathematical ∑∫√∞ ≤≥≠",
    "<|im_start|>user\nHello<|im_end|>\n<|endoftext|> <|im_start |> < |im_end|>",
    "a quetzalcoatl quetzalcoatl aquetzalcoatl",
    "### Instruction:\nName three fruits.\n\n### Response:\n1. Apple\n2. Pear\n3. Fig",
    "x" * 70 + " " + "ab" * 40 + " " + "!?" * 20,
    "https://example.org/a/b?c=d&e=%20f#g user@example.org C:\\dir\\file.txt",
    "",
    " ",
    "\n",
    "7",
]


def train():
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 1,
        special_tokens=SPECIALS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = PRE_TOKENIZERS["smollm"]()
    tokenizer.train_from_iterator((topics[name] for name in sorted(topics)), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return {**model["vocab"], UNREACHABLE: len(model["vocab"])}, [tuple(pair) for pair in model["merges"]]


def build(name, vocab, merges):
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, ignore_merges=name == "llama-bpe"))
    if name == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = PRE_TOKENIZERS[name]()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in SPECIALS])
    return tokenizer


def write_tokenizers(out):
    vocab, merges = train()
    built = {name: build(name, vocab, merges) for name in PRE_TOKENIZERS}
    ids = {name: [t.encode(text, add_special_tokens=False).ids for text in TEXTS] for name, t in built.items()}
    decoded = {
        name: [t.decode(row, skip_special_tokens=False) for row in ids[name]] for name, t in built.items()
    }
    for text, back in zip(TEXTS, decoded["smollm"]):
        assert text == back, (text, back)
    # The four differ in everything but vocabulary and merges, which therefore are stored once.
    parts = {name: json.loads(t.to_str()) for name, t in built.items()}
    for part in parts.values():
        part["model"].pop("vocab"), part["model"].pop("merges")
    golden = {
        "vocab": vocab,
        "merges": [" ".join(pair) for pair in merges],
        "tokenizers": parts,
        "texts": TEXTS,
        "ids": ids,
        "decoded": decoded,
    }
    (out / "tokenizers.json").write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")
    return built
