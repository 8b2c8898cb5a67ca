"""Inverse RoPE frequencies of transformers, for every scaling that packages/models knows."""
import json

from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

CASES = {
    "default": {"rope_type": "default", "rope_theta": 10000.0},
    "theta": {"rope_type": "default", "rope_theta": 100000.0},
    "linear": {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
    "llama3": {
        "rope_type": "llama3",
        "rope_theta": 500000.0,
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    },
}


def write_rope(out):
    golden = {}
    for name, parameters in CASES.items():
        config = LlamaConfig(
            hidden_size=64, num_attention_heads=1, head_dim=64, max_position_embeddings=16384, rope_parameters=parameters
        )
        golden[name] = {
            "head_dim": 64,
            "rope_parameters": parameters,
            "inv_freq": LlamaRotaryEmbedding(config).inv_freq.double().tolist(),
        }
    (out / "rope.json").write_text(json.dumps(golden, indent=1) + "\n")
