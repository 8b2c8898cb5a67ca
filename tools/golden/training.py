"""Golden numbers for @perfit/training, from PyTorch + PEFT: loss, LoRA gradients, per-example Fisher, scores, AdamW.

    python tools/golden/training.py packages/training/goldens

Writes model/ (a random two-layer LLaMA, bf16 on disk, computed in f32), adapter/ (saved by PEFT), training.json and
training.safetensors. Weights are scaled so that `first` and `mixed` differ by 10 % or more on most entries: otherwise
a `mixed` that returns `first` would pass.
"""

import copy
import json
import pathlib
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

SEED, VOCABULARY, RANK, SCALE = 20240216, 160, 4, 0.2
ROWS = [(5, 9), (2, 3), (11, 6), (3, 14), (7, 1)]  # prompt tokens, response tokens
ADAMW = dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
CLIP, STEPS = 1.0, 5

out = pathlib.Path(sys.argv[1])
torch.manual_seed(SEED)
torch.set_num_threads(1)
config = LlamaConfig(
    vocab_size=VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, head_dim=16, max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=True,
    rope_theta=10000.0, bos_token_id=None, eos_token_id=0,
)
base = LlamaForCausalLM(config).float().eval()
with torch.no_grad():
    for name, p in base.named_parameters():
        norm = name.endswith("norm.weight")
        p.copy_(1 + 0.3 * torch.randn_like(p) if norm else torch.randn_like(p) * (0.7 if "embed" in name else 0.1))
        p.copy_(p.bfloat16().float())
# A copy is cast: RoPE's frequencies are a buffer, which would not come back from bf16.
copy.deepcopy(base).bfloat16().save_pretrained(out / "model")
# The rows are ids already; a checkpoint without a tokenizer is not opened, though.
characters = sorted(pre_tokenizers.ByteLevel.alphabet())[: VOCABULARY - 1]
tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(["<eos>", *characters])}, merges=[]))
tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
tokenizer.add_special_tokens([AddedToken("<eos>", special=True)])
tokenizer.save(str(out / "model" / "tokenizer.json"), pretty=False)
(out / "model" / "tokenizer_config.json").write_text('{"eos_token": "<eos>"}\n')

lora = LoraConfig(
    r=RANK, lora_alpha=SCALE * RANK, lora_dropout=0.0, bias="none",
    target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
)
model = get_peft_model(base, lora)
parameters = {n.replace(".default", ""): p for n, p in model.named_parameters() if p.requires_grad}
with torch.no_grad():
    for name, p in parameters.items():
        half = torch.randn(p.shape[0] // 2, p.shape[1]) if "lora_A" in name else torch.randn(p.shape[0], p.shape[1] // 2)
        # Twins as in the symmetric start, then each moved a little: BA is small, every gradient is not.
        twins = torch.stack([half, half], 1).reshape(p.shape) if "lora_A" in name else torch.stack([half, -half], 2).reshape(p.shape)
        p.copy_(twins + 0.3 * torch.randn_like(p))
model.save_pretrained(out / "adapter")
for file in ("adapter/README.md", "model/generation_config.json"):
    (out / file).unlink(missing_ok=True)
saved = json.loads((out / "adapter" / "adapter_config.json").read_text())
saved["target_modules"].sort()  # a set, whose order changes from run to run
(out / "adapter" / "adapter_config.json").write_text(json.dumps(saved, indent=2) + "\n")

rows = [torch.randint(1, VOCABULARY, (p + r,)) for p, r in ROWS]


def token_losses(row, prompt):
    """Losses of the response's tokens, one row alone: no padding takes part."""
    logits = model(input_ids=row[None]).logits[0]
    return torch.nn.functional.cross_entropy(logits[prompt - 1 : -1], row[prompt:], reduction="none"), logits[-1]


def batch_loss():
    parts = [token_losses(row, prompt)[0] for row, (prompt, _) in zip(rows, ROWS)]
    return torch.cat(parts).mean(), parts


tensors = {}
loss, parts = batch_loss()
gradients = torch.autograd.grad(loss, list(parameters.values()))
fisher = [torch.zeros_like(p) for p in parameters.values()]
for row, (prompt, _) in zip(rows, ROWS):
    losses, last = token_losses(row, prompt)
    for f, g in zip(fisher, torch.autograd.grad(losses.mean(), list(parameters.values()))):
        f += g.square() / len(rows)
differ = total = 0
for (name, w), g, f in zip(parameters.items(), gradients, fisher):
    w = w.detach()
    first, second, mixed = (w * g).abs(), (w * f * w).abs(), (w * g - 0.5 * w * f * w).abs()
    differ += ((mixed - first).abs() >= 0.1 * first).sum().item()
    total += w.numel()
    for kind, value in dict(gradient=g, fisher=f, first=first, second=second, mixed=mixed).items():
        tensors[f"{kind}.{name}"] = value.contiguous()
share = differ / total
assert share > 0.5, f"first and mixed differ by 10 % on {share:.0%} only: scale the weights up"

with torch.no_grad():
    tensors["logits"] = torch.stack([token_losses(row, prompt)[1] for row, (prompt, _) in zip(rows, ROWS)])
    tensors["losses"] = torch.cat(parts)
optimizer = torch.optim.AdamW(list(parameters.values()), **ADAMW)
steps, norms = [], []
for _ in range(STEPS):
    optimizer.zero_grad()
    step_loss, _ = batch_loss()
    step_loss.backward()
    norms.append(torch.nn.utils.clip_grad_norm_(list(parameters.values()), CLIP).item())
    optimizer.step()
    steps.append(step_loss.item())
for name, w in parameters.items():
    tensors[f"final.{name}"] = w.detach()
save_file({k: v.clone() for k, v in tensors.items()}, out / "training.safetensors")
(out / "training.json").write_text(json.dumps({
    "torch": torch.__version__, "seed": SEED, "scale": SCALE, "rank": RANK,
    "rows": [{"ids": row.tolist(), "promptLength": prompt} for row, (prompt, _) in zip(rows, ROWS)],
    "loss": loss.item(), "firstMixedDiffer": share,
    "adamw": {"learningRate": ADAMW["lr"], "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.01, "clip": CLIP},
    "stepLosses": steps, "stepNorms": norms,
}, indent=1) + "\n")
print(f"loss {loss.item():.4f}, first and mixed differ by 10 % on {share:.1%} of {total}, norms {norms}")
