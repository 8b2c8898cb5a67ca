"""Loads an adapter that write-adapter.mjs wrote into PEFT and compares logits; exits 1 where they differ.

    python tools/golden/check_peft.py MODEL ADAPTER
"""

import sys

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

model_path, adapter_path = sys.argv[1:3]
base = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32).eval()
theirs = load_file(f"{adapter_path}/logits.safetensors")["logits"]
ids = torch.tensor([[(i * 7919 + 13) % base.config.vocab_size for i in range(len(theirs))]])
with torch.no_grad():
    frozen = base(input_ids=ids).logits[0]
    adapted = PeftModel.from_pretrained(base, adapter_path).eval()(input_ids=ids).logits[0]
apart = ((adapted - theirs).abs().max() / adapted.abs().max()).item()
moved = ((adapted - frozen).abs().max() / adapted.abs().max()).item()
print(f"largest difference {apart:.2e} of the largest logit; the adapter itself moves logits by {moved:.2e}")
sys.exit(0 if apart < 1e-4 < moved else 1)
