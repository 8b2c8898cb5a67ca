"""Golden numbers for the starts of @perfit/lora that PEFT has too: pissa, olora, orthogonal.

    python tools/golden/starts.py packages/lora/src/goldens/starts.json

Signs are arbitrary, so products are written: delta = σBA `[out, in]`, row-major. The orthogonal start is drawn, so its
law is written: singular values of A and of B, over √in and √out, means of several draws, and the largest |BA|.
"""

import json
import sys

import torch
from peft import LoraConfig, get_peft_model

SHAPES = [("tall", 12, 7), ("wide", 6, 10), ("square", 9, 9)]  # name, out, in
RANK, SCALE = 3, 0.5
LAW = dict(in_features=600, out_features=400, rank=6, draws=20)


class Holder(torch.nn.Module):
    def __init__(self, out_features, in_features):
        super().__init__()
        self.projection = torch.nn.Linear(in_features, out_features, bias=False)


def start(weight, init, rank, scale):
    """Factors A and B, and the frozen weight that PEFT leaves."""
    holder = Holder(*weight.shape)
    holder.projection.weight.data = weight.clone()
    model = get_peft_model(holder, LoraConfig(r=rank, lora_alpha=scale * rank, init_lora_weights=init, target_modules=["projection"]))
    layer = model.base_model.model.projection
    return layer.lora_A["default"].weight.data, layer.lora_B["default"].weight.data, layer.base_layer.weight.data


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.flatten().tolist()]


torch.manual_seed(20240403)
torch.set_num_threads(1)
matrices = []
for name, out_features, in_features in SHAPES:
    weight = torch.randn(out_features, in_features)
    entry = {"name": name, "out": out_features, "in": in_features, "weight": numbers(weight),
             "singularValues": numbers(torch.linalg.svdvals(weight.double()))}
    for init in ("pissa", "olora"):
        A, B, left = start(weight, init, RANK, SCALE)
        delta = SCALE * B.double() @ A.double()
        assert torch.allclose(weight.double() - delta, left.double(), atol=1e-5)
        entry[init] = {"delta": numbers(delta)}
    matrices.append(entry)

weight = torch.zeros(LAW["out_features"], LAW["in_features"])
drawn = [start(weight, "orthogonal", LAW["rank"], SCALE)[:2] for _ in range(LAW["draws"])]
law = {
    "in": LAW["in_features"], "out": LAW["out_features"], "rank": LAW["rank"],
    "singularValuesA": numbers(torch.stack([torch.linalg.svdvals(A) for A, _ in drawn]).mean(0) / LAW["in_features"] ** 0.5),
    "singularValuesB": numbers(torch.stack([torch.linalg.svdvals(B) for _, B in drawn]).mean(0) / LAW["out_features"] ** 0.5),
    "largestProduct": max((B @ A).abs().max().item() for A, B in drawn),
}
with open(sys.argv[1], "w") as file:
    json.dump({"torch": torch.__version__, "rank": RANK, "scale": SCALE, "matrices": matrices, "orthogonal": law}, file)
    file.write("\n")
print(law)
