"""Golden numbers for @perfit/nas: scores of PEFT's AdaLoRA allocator over five iterations.

    python tools/golden/nas_sensitivity.py packages/nas/src/importance/sensitivity.golden.json

Values and gradients are drawn; a position is pruned midway (value 0 from then on), another never has a gradient.
"""

import json
import pathlib
import sys

import peft
import torch
from peft import AdaLoraConfig
from peft.tuners.adalora.layer import RankAllocator

RANK, COLUMNS, ITERATIONS, BETA1, BETA2 = 2, 6, 5, 0.85, 0.7

torch.manual_seed(20230320)
model = torch.nn.Module()
model.lora_A = torch.nn.ParameterDict({"default": torch.nn.Parameter(torch.zeros(RANK, COLUMNS))})
weight = model.lora_A["default"]
config = AdaLoraConfig(target_r=1, init_r=RANK, beta1=BETA1, beta2=BETA2, tinit=0, tfinal=1, total_step=10)
allocator = RankAllocator(model, config, "default")

flat = lambda tensor: tensor.detach().flatten().tolist()
iterations = []
for iteration in range(ITERATIONS):
    with torch.no_grad():
        weight.copy_(torch.randn(RANK, COLUMNS))
        weight.grad = torch.randn(RANK, COLUMNS)
        weight.grad[0, 1] = 0
        if iteration >= 2:
            weight[1, 3] = 0
    allocator.update_ipt(model)
    iterations.append(
        {"values": flat(weight), "gradient": flat(weight.grad), "score": flat(allocator._element_score("lora_A.default"))}
    )

pathlib.Path(sys.argv[1]).write_text(
    json.dumps({"peft": peft.__version__, "beta1": BETA1, "beta2": BETA2, "iterations": iterations}, indent=1) + "\n"
)
