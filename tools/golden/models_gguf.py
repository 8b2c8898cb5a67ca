"""A GGUF file with every supported quantisation and llama.cpp's row order, the digests of its weights as gguf-py
dequantises them, and what PyTorch computes with those."""
import hashlib
import json

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Q
from models_backbone import COMMON, TEMPLATE, make_model, measure

SPEC = {
    **COMMON,
    "num_hidden_layers": 1,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "tie_word_embeddings": False,
    "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0},
}
NAMES = {
    "model.embed_tokens.weight": ("token_embd.weight", Q.Q8_0),
    "model.norm.weight": ("output_norm.weight", Q.F32),
    "lm_head.weight": ("output.weight", Q.Q4_0),
    "model.layers.0.input_layernorm.weight": ("blk.0.attn_norm.weight", Q.F32),
    "model.layers.0.post_attention_layernorm.weight": ("blk.0.ffn_norm.weight", Q.F32),
    "model.layers.0.self_attn.q_proj.weight": ("blk.0.attn_q.weight", Q.Q4_1),
    "model.layers.0.self_attn.k_proj.weight": ("blk.0.attn_k.weight", Q.F16),
    "model.layers.0.self_attn.v_proj.weight": ("blk.0.attn_v.weight", Q.BF16),
    "model.layers.0.self_attn.o_proj.weight": ("blk.0.attn_output.weight", Q.Q5_1),
    "model.layers.0.mlp.gate_proj.weight": ("blk.0.ffn_gate.weight", Q.Q5_0),
    "model.layers.0.mlp.up_proj.weight": ("blk.0.ffn_up.weight", Q.Q8_0),
    "model.layers.0.mlp.down_proj.weight": ("blk.0.ffn_down.weight", Q.Q4_0),
}

# Where the F16 numbers of a block stand: random bytes there could be infinite.
HALVES = {
    Q.Q8_0: [0],
    Q.Q4_0: [0],
    Q.Q4_1: [0, 2],
    Q.Q4_K: [0, 2],
    Q.Q6_K: [208],
    Q.Q5_0: [0],
    Q.Q5_1: [0, 2],
    Q.Q5_K: [0, 2],
}


def permute(weight, heads):
    """The order in which llama.cpp's converter writes the rows of q and k."""
    out, width = weight.shape
    return weight.reshape(heads, 2, out // heads // 2, width).swapaxes(1, 2).reshape(out, width)


def unpermute(weight, heads):
    out, width = weight.shape
    return weight.reshape(heads, out // heads // 2, 2, width).swapaxes(1, 2).reshape(out, width)


def heads_of(name):
    if "q_proj" in name:
        return SPEC["num_attention_heads"]
    return SPEC["num_key_value_heads"] if "k_proj" in name else None


def write_blocks(out):
    """Random blocks of every format with finite scales, and the digest of what gguf-py makes of them."""
    random = np.random.default_rng(17)
    golden = {}
    for kind, halves in HALVES.items():
        size = gguf.GGML_QUANT_SIZES[kind][1]
        blocks = random.integers(0, 256, (3, size), dtype=np.uint8)
        for at in halves:
            blocks[:, at : at + 2] = random.normal(size=(3, 1)).astype("<f2").view(np.uint8)
        values = gguf.dequantize(blocks, kind).astype("<f4")
        assert np.isfinite(values).all()
        golden[kind.name] = {
            "bytes": blocks.tobytes().hex(),
            "first": values.flatten()[:4].tolist(),
            "sha256": hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest(),
        }
    (out / "quantisations.json").write_text(json.dumps(golden, indent=1) + "\n")


def write_gguf(out, tokenizer):
    model = make_model(SPEC, torch.float32, 13)
    writer = gguf.GGUFWriter(out / "every-quantisation.gguf", "llama")
    writer.add_context_length(SPEC["max_position_embeddings"])
    writer.add_vocab_size(SPEC["vocab_size"])
    writer.add_embedding_length(SPEC["hidden_size"])
    writer.add_block_count(SPEC["num_hidden_layers"])
    writer.add_feed_forward_length(SPEC["intermediate_size"])
    writer.add_head_count(SPEC["num_attention_heads"])
    writer.add_head_count_kv(SPEC["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(SPEC["rms_norm_eps"])
    writer.add_rope_dimension_count(SPEC["head_dim"])
    writer.add_rope_freq_base(SPEC["rope_parameters"]["rope_theta"])
    writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    writer.add_rope_scaling_factor(SPEC["rope_parameters"]["factor"])
    vocab = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([token for token, _ in vocab])
    writer.add_token_types([gguf.TokenType.CONTROL if i < 3 else gguf.TokenType.NORMAL for _, i in vocab])
    writer.add_token_merges([" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)
    digests = {}
    state = model.state_dict()
    for name, (ggml_name, kind) in NAMES.items():
        heads = heads_of(name)
        weight = state[name].numpy()
        stored = gguf.quantize(permute(weight, heads) if heads else weight, kind)
        writer.add_tensor(ggml_name, stored, raw_dtype=kind)
        back = gguf.dequantize(stored, kind).astype(np.float32)
        back = np.ascontiguousarray(unpermute(back, heads) if heads else back)
        assert np.abs(back - weight).max() < 0.5, name
        digests[name] = hashlib.sha256(back.astype("<f4").tobytes()).hexdigest()
        with torch.no_grad():
            state[name].copy_(torch.from_numpy(back))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    golden = {"sha256": digests, **measure(model, 13)}
    (out / "every-quantisation.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
