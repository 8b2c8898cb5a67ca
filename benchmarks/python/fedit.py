"""FedIT with PyTorch + PEFT, a plain loop: clients one after the other, then the mean weighted by their examples."""

import json
import math
import time

import torch
from baseline import evaluate, finish, job, load_adapted, optimizer, training_loss

model = load_adapted()
with open(job["plan"]) as file:
    clients = json.load(file)["clients"]
parameters = [p for p in model.parameters() if p.requires_grad]
current = [p.detach().clone() for p in parameters]
total = sum(client["examples"] for client in clients)


def load(values):
    with torch.no_grad():
        for parameter, value in zip(parameters, values):
            parameter.copy_(value)


rounds, losses = [], []
for number in range(job["rounds"]):
    begin, cpu = time.perf_counter(), time.process_time()
    mean = [torch.zeros_like(value) for value in current]
    for client in clients:
        load(current)
        adamw, trained = optimizer(model)
        for batch in client["rounds"][number]:
            loss = training_loss(model, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, job["clip"])
            adamw.step()
            adamw.zero_grad()
            losses.append(loss.item())
        with torch.no_grad():
            for value, parameter in zip(mean, parameters):
                value += parameter * (client["examples"] / total)
    current = mean
    training = 1000 * (time.perf_counter() - begin), 1000 * (time.process_time() - cpu)
    load(current)
    means = []
    for client in clients:
        sums, tokens = evaluate(model, client["test"])
        means.append(sum(sums) / sum(tokens))
    rounds.append(
        {
            "round": number + 1,
            "trainingMs": training[0],
            "trainingCpuMs": training[1],
            # Since this process was started, loading of the model included.
            "seconds": time.time() - job["started"] / 1000,
            "perplexity": math.exp(sum(means) / len(means)),
        }
    )
finish({"rounds": rounds, "losses": losses})
