"""Losses of held-out rows with PyTorch + PEFT: the counterpart of ours/evaluate.mjs."""

import json
import math

from baseline import Timed, evaluate, finish, job, load_adapted

model = load_adapted().eval()
with open(job["examples"]) as file:
    examples = json.load(file)
evaluate(model, examples[:2])
with Timed() as took:
    losses, tokens = evaluate(model, examples)
finish(
    {
        "perplexity": math.exp(sum(losses) / sum(tokens)),
        "milliseconds": took.milliseconds,
        "cpuMilliseconds": took.cpu_milliseconds,
        "losses": losses,
    }
)
