"""Greedy continuation of a prompt with transformers' generate: the counterpart of ours/generate.mjs."""

import time

import torch
from baseline import Timed, best, finish, job, load_adapted
from transformers import StoppingCriteria

model = load_adapted().eval()
if best:
    # Nothing beside the weights: the adapter is merged into them.
    model = model.merge_and_unload()
prompt = torch.tensor([job["prompt"]])
# No end token: every side writes as many tokens as it is asked for.
model.generation_config.eos_token_id = None
model.generation_config.pad_token_id = 0


class Clock(StoppingCriteria):
    """Stops nothing: notes when each token was there."""

    def __init__(self):
        self.at = []

    def __call__(self, input_ids, scores, **_):
        self.at.append(1000 * time.perf_counter())
        return torch.zeros(len(input_ids), dtype=torch.bool)


def write(count):
    clock, begin = Clock(), 1000 * time.perf_counter()
    with torch.inference_mode(), Timed() as took:
        ids = model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=False,
            use_cache=True,
            max_new_tokens=count,
            stopping_criteria=[clock],
        )
    first, last = clock.at[0], clock.at[-1]
    return {
        "ids": ids[0, prompt.shape[1] :].tolist(),
        "firstMs": first - begin,
        "restMs": last - first,
        "cpuMilliseconds": took.cpu_milliseconds,
    }


write(2)
finish(write(job["tokens"]))
