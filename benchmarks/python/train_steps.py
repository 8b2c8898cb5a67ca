"""LoRA training steps on given batches with PyTorch + PEFT: the counterpart of ours/train-steps.mjs."""

import json
import time

from baseline import Timed, finish, job, load_adapted, optimizer, training_loss

begin = time.perf_counter()
model = load_adapted()
adamw, _ = optimizer(model)
load_milliseconds = 1000 * (time.perf_counter() - begin)
with open(job["batches"]) as file:
    batches = json.load(file)
result = {"milliseconds": [], "cpuMilliseconds": [], "losses": [], "loadMilliseconds": load_milliseconds}
step, spent = 0, 0.0
while step < job["steps"] and (step < 2 or spent < 1000 * job["seconds"]):
    with Timed() as took:
        loss = training_loss(model, batches[step % len(batches)])
        loss.backward()
        adamw.step()
        adamw.zero_grad()
        result["losses"].append(loss.item())
    result["milliseconds"].append(took.milliseconds)
    result["cpuMilliseconds"].append(took.cpu_milliseconds)
    spent += took.milliseconds
    step += 1
finish(result)
