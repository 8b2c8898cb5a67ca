"""One LoRA training step with PyTorch + PEFT, as their users write it: logits at every position, labels of -100.

    python benchmarks/peft_step.py '{"model": DIR, "dtype": "f32", "batch": 4, "length": 256, "rank": 8, "steps": 8, "threads": 2}'

Prints one JSON line: milliseconds of every step, peak resident memory in bytes, the last loss, versions.
"""

import json
import resource
import sys
import time

import peft
import torch
import transformers

options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])
torch.manual_seed(0)
model = transformers.AutoModelForCausalLM.from_pretrained(
    options["model"], dtype=torch.bfloat16 if options["dtype"] == "bf16" else torch.float32
)
model = peft.get_peft_model(
    model,
    peft.LoraConfig(
        r=options["rank"],
        lora_alpha=2 * options["rank"],
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj"],
    ),
)
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
B, T, V = options["batch"], options["length"], model.config.vocab_size
ids = torch.tensor([(i * 7919 + 13) % V for i in range(B * T)]).view(B, T)
labels = ids.clone()
labels[:, : T // 2] = -100
milliseconds, losses = [], []
for _ in range(options["steps"]):
    begin = time.perf_counter()
    loss = model(input_ids=ids, labels=labels).loss
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    losses.append(loss.item())
    milliseconds.append(1000 * (time.perf_counter() - begin))
scale = 1 if sys.platform == "darwin" else 1024
print(
    json.dumps(
        {
            "milliseconds": milliseconds,
            "losses": losses,
            "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale,
            "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__},
        }
    )
)
