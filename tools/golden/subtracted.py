"""Golden numbers for adapters whose start was taken out of the frozen weights, from PEFT's PiSSA.

    python tools/golden/subtracted.py packages/training/goldens

Starts PiSSA on model/ (see training.py), takes a few AdamW steps on the rows of training.json, and writes subtracted/:
the adapter as PEFT converts it for the unchanged model, [A; A0] and [B, -B0], and logits.safetensors, the logits of
every row's last token that the trained model gives on the base it altered. The converted adapter, loaded on the
unchanged model, has to give the same.
"""

import json
import pathlib
import sys
import tempfile

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaForCausalLM

RANK, SCALE, STEPS, RATE = 2, 0.75, 5, 3e-2

out = pathlib.Path(sys.argv[1])
torch.manual_seed(20240403)
torch.set_num_threads(1)
rows = json.loads((out / "training.json").read_text())["rows"]


def load():
    return LlamaForCausalLM.from_pretrained(out / "model", dtype=torch.float32).eval()


def last_logits(model):
    with torch.no_grad():
        return torch.stack([model(input_ids=torch.tensor([row["ids"]])).logits[0, -1] for row in rows])


frozen = last_logits(load())
model = get_peft_model(load(), LoraConfig(
    r=RANK, lora_alpha=SCALE * RANK, init_lora_weights="pissa", target_modules=["q_proj", "v_proj", "down_proj"],
))
at_start = (last_logits(model) - frozen).abs().max() / frozen.abs().max()
assert at_start < 1e-5, at_start
with tempfile.TemporaryDirectory() as start:
    model.peft_config["default"].init_lora_weights = True  # the conversion loads the start as it is
    model.save_pretrained(start)
    model.peft_config["default"].init_lora_weights = "pissa"
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        sum(model(input_ids=(ids := torch.tensor([row["ids"]])), labels=ids).loss for row in rows).backward()
        optimizer.step()
    trained = last_logits(model)
    model.save_pretrained(out / "subtracted", path_initial_model_for_weight_conversion=start)

converted = last_logits(PeftModel.from_pretrained(load(), out / "subtracted"))
largest = trained.abs().max()
apart, moved = ((converted - trained).abs().max() / largest).item(), ((trained - frozen).abs().max() / largest).item()
assert apart < 1e-5 < 1e-2 < moved, (apart, moved)
save_file({"logits": trained}, out / "subtracted" / "logits.safetensors")
config = out / "subtracted" / "adapter_config.json"
saved = json.loads(config.read_text())
saved["target_modules"].sort()  # a set, whose order changes from run to run
saved["base_model_name_or_path"] = None
config.write_text(json.dumps(saved, indent=2) + "\n")
(out / "subtracted" / "README.md").unlink(missing_ok=True)
print(f"conversion is {apart:.1e} of the largest logit away; training moved logits by {moved:.1e}")
