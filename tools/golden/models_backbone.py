"""Two small random LLaMAs as Hugging Face directories, with their logits, losses, gradients and greedy tokens."""
import json
import math

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
COMMON = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": 320,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-5,
    "hidden_act": "silu",
    "attention_bias": False,
    "mlp_bias": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
CONFIGS = {
    # Grouped queries, heads wider than hidden / heads, Llama 3's scaling within reach of short rows; transformers 5's keys.
    "tied": {
        **COMMON,
        "num_hidden_layers": 3,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "tie_word_embeddings": True,
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 10000.0,
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        },
    },
    # As many key-value heads as heads, linear scaling, transformers 4's keys, no head_dim.
    "untied": {
        **COMMON,
        "num_hidden_layers": 2,
        "num_key_value_heads": 4,
        "tie_word_embeddings": False,
        "rope_theta": 20000.0,
        "rope_scaling": {"type": "linear", "factor": 2.0},
    },
}
DTYPES = {"tied": torch.float16, "untied": torch.bfloat16}
ROWS, LENGTH, NEW = 3, 24, 16


def model_config(spec):
    spec = dict(spec)
    if "rope_theta" in spec:
        scaling = spec.pop("rope_scaling")
        spec["rope_parameters"] = {
            "rope_type": scaling["type"], "factor": scaling["factor"], "rope_theta": spec.pop("rope_theta"),
        }
    return LlamaConfig(**spec, attn_implementation="eager")


def make_model(spec, dtype, seed):
    """Random weights, rounded to the dtype that they are stored in; computes in f32."""
    torch.manual_seed(seed)
    model = LlamaForCausalLM(model_config(spec)).float().eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 1:
                weight.copy_(1 + 0.3 * torch.randn_like(weight))
            else:
                weight.copy_(torch.randn_like(weight) * (0.5 if "embed" in name else 1.2 / math.sqrt(weight.shape[1])))
            weight.copy_(weight.to(dtype).float())
    return model


def make_batch(seed):
    """Rows of 24, 17 and 9 tokens padded on the right with 0; loss on the second half of each."""
    generator = torch.Generator().manual_seed(seed)
    lengths = [24, 17, 9]
    ids = torch.zeros(ROWS, LENGTH, dtype=torch.long)
    positions, labels = [], []
    for row, length in enumerate(lengths):
        ids[row, :length] = torch.randint(3, COMMON["vocab_size"], (length,), generator=generator)
        for t in range(length // 2, length):
            positions.append(row * LENGTH + t - 1)
            labels.append(int(ids[row, t]))
    return ids, positions, labels


def probe(n):
    """A fixed direction: the gradient's product with it tells transposed and permuted gradients apart."""
    return torch.sin(torch.arange(1, n + 1, dtype=torch.float64) * 0.7)


def measure(model, seed):
    ids, positions, labels = make_batch(seed)
    logits = model(ids).logits.reshape(ROWS * LENGTH, -1)[positions]
    losses = torch.nn.functional.cross_entropy(logits, torch.tensor(labels), reduction="none")
    model.zero_grad()
    losses.mean().backward()
    gradients = {}
    for name, weight in model.named_parameters():
        g = weight.grad.double().flatten()
        gradients[name] = {"norm": g.norm().item(), "probe": (g @ probe(g.numel())).item()}
    prompt = ids[0, :7].tolist()
    model.generation_config.eos_token_id = None
    greedy = model.generate(
        torch.tensor([prompt]), attention_mask=torch.ones(1, 7), max_new_tokens=NEW, do_sample=False, pad_token_id=0
    )[0, 7:].tolist()
    return {
        "rows": ROWS,
        "length": LENGTH,
        "ids": ids.flatten().tolist(),
        "lossPositions": positions,
        "labels": labels,
        "losses": losses.tolist(),
        "logitPositions": [positions[0], positions[5], positions[-1]],
        "logits": [[round(x, 6) for x in logits[i].tolist()] for i in (0, 5, len(positions) - 1)],
        "gradients": gradients,
        "prompt": prompt,
        "greedy": greedy,
    }


def save(directory, spec, model, dtype, tokenizer, shards):
    directory.mkdir(exist_ok=True)
    (directory / "config.json").write_text(json.dumps(spec, indent=1) + "\n")
    tokenizer_file = json.loads(tokenizer.to_str())
    (directory / "tokenizer.json").write_text(json.dumps(tokenizer_file, separators=(",", ":")) + "\n")
    tokenizer_config = {"bos_token": "<|im_start|>", "eos_token": {"content": "<|im_end|>"}, "chat_template": TEMPLATE}
    if shards == 1:  # One form of the template each.
        tokenizer_config = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}
        (directory / "chat_template.jinja").write_text(TEMPLATE)
    (directory / "tokenizer_config.json").write_text(json.dumps(tokenizer_config, indent=1) + "\n")
    weights = {
        name: value.to(dtype).contiguous()
        for name, value in model.state_dict().items()
        if not (spec["tie_word_embeddings"] and name == "lm_head.weight")
    }
    if shards == 1:
        save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
        return
    names = sorted(weights)
    weight_map = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05d}-of-{shards:05d}.safetensors"
        part = {name: weights[name] for name in names[shard::shards]}
        save_file(part, directory / file, metadata={"format": "pt"})
        weight_map.update({name: file for name in part})
    index = {"metadata": {"total_size": sum(w.numel() * 2 for w in weights.values())}, "weight_map": weight_map}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


def write_backbones(out, tokenizer):
    for seed, (name, spec) in enumerate(CONFIGS.items(), start=11):
        model = make_model(spec, DTYPES[name], seed)
        save(out / name, spec, model, DTYPES[name], tokenizer, shards=1 if spec["tie_word_embeddings"] else 2)
        (out / f"{name}.json").write_text(json.dumps(measure(model, seed), separators=(",", ":")) + "\n")
