"""Golden vectors of packages/models: small random LLaMA checkpoints, what PyTorch transformers computes on them,
GGUF files in every supported quantisation, and the ids that Python's tokenizers gives.

    pip install torch transformers safetensors gguf tokenizers
    python tools/golden/models.py packages/models/src/goldens
"""
import sys
from pathlib import Path

from models_backbone import write_backbones
from models_gguf import write_blocks, write_gguf
from models_rope import write_rope
from models_tokenizer import write_tokenizers

if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    write_rope(out)
    tokenizers = write_tokenizers(out)
    write_backbones(out, tokenizers["smollm"])
    write_blocks(out)
    write_gguf(out, tokenizers["smollm"])
