"""Greedy continuation of a prompt with transformers' generate: the counterpart of ours/generate.mjs."""

import torch
from baseline import Timed, best, finish, job, load_adapted

model = load_adapted().eval()
if best:
    # Nothing beside the weights: the adapter is merged into them.
    model = model.merge_and_unload()
prompt = torch.tensor([job["prompt"]])
# No end token: every side writes as many tokens as it is asked for.
model.generation_config.eos_token_id = None
model.generation_config.pad_token_id = 0


def write(count):
    with torch.inference_mode(), Timed() as took:
        ids = model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=False,
            use_cache=True,
            max_new_tokens=count,
        )
    return ids[0, prompt.shape[1] :].tolist(), took


write(2)
_, first = write(1)
ids, all_of_it = write(job["tokens"])
finish(
    {
        "ids": ids,
        "firstMs": first.milliseconds,
        "restMs": all_of_it.milliseconds - first.milliseconds,
        "cpuMilliseconds": all_of_it.cpu_milliseconds,
    }
)
