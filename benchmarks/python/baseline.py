"""What the Python sides share: the job, a model with its adapter, both kinds of loss, peak memory, versions."""

import json
import os
import resource
import sys
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

job = json.loads(sys.argv[1])
#: `default`: as users run it; `best`: without what a LoRA step does not need.
best = job["kind"] == "best"


def load_model():
    """The model, frozen; f32 or bf16, SDPA attention at its best."""
    import torch
    import transformers

    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    path = job["model"]
    options = {"dtype": torch.bfloat16 if job.get("dtype") == "bf16" else torch.float32}
    if best:
        options["attn_implementation"] = "sdpa"
    if path.endswith(".gguf"):
        path, options["gguf_file"] = os.path.split(path)
    model = transformers.AutoModelForCausalLM.from_pretrained(path, **options)
    return model.requires_grad_(False)


def load_adapted():
    """The model with the adapter that both sides start from, its weights in f32 as PEFT keeps them."""
    import peft

    return peft.PeftModel.from_pretrained(load_model(), job["adapter"], is_trainable=True)


def padded(examples):
    """Ids, attention mask and labels of examples, padded on the right to the longest."""
    import torch

    longest = max(len(example["ids"]) for example in examples)
    ids = torch.zeros(len(examples), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    labels = torch.full_like(ids, -100)
    for row, example in enumerate(examples):
        tokens, prompt = example["ids"], example["promptLength"]
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
        labels[row, prompt : len(tokens)] = torch.tensor(tokens[prompt:])
    return ids, mask, labels


def backbone_of(model):
    """The decoder without its head, and the head, of a model or of a PEFT model around it."""
    causal = model.base_model.model if hasattr(model, "peft_config") else model
    return causal.model, causal.lm_head


def loss_at_best(model, examples, reduction="mean"):
    """Cross-entropy with logits only where a label stands. Padding on the right needs no mask: no token sees it."""
    import torch

    ids, _, labels = padded(examples)
    decoder, head = backbone_of(model)
    hidden = decoder(input_ids=ids, use_cache=False).last_hidden_state
    rows, columns = (labels[:, 1:] != -100).nonzero(as_tuple=True)
    logits = head(hidden[rows, columns]).float()
    return torch.nn.functional.cross_entropy(logits, labels[rows, columns + 1], reduction=reduction), rows


def training_loss(model, examples):
    """Token-mean loss of a batch."""
    if best:
        return loss_at_best(model, examples)[0]
    ids, mask, labels = padded(examples)
    return model(input_ids=ids, attention_mask=mask, labels=labels).loss


def evaluation_batches(examples, rows=8, tokens=2048):
    """Batches of indices: in file order as users run it; at its best sorted by length, up to so many padded tokens."""
    order = range(len(examples))
    if not best:
        return [list(order[i : i + rows]) for i in range(0, len(examples), rows)]
    batches, batch = [], []
    for index in sorted(order, key=lambda i: len(examples[i]["ids"])):
        if batch and (len(batch) + 1) * len(examples[index]["ids"]) > tokens:
            batches.append(batch)
            batch = []
        batch.append(index)
    return batches + [batch]


def evaluate(model, examples):
    """Loss sums and loss tokens of examples."""
    import torch

    sums = [0.0] * len(examples)
    with torch.inference_mode():
        for indices in evaluation_batches(examples):
            rows = [examples[i] for i in indices]
            if best:
                losses, where = loss_at_best(model, rows, "none")
                totals = torch.zeros(len(rows)).index_add(0, where, losses)
            else:
                ids, mask, labels = padded(rows)
                logits = model(input_ids=ids, attention_mask=mask).logits.float()
                losses = torch.nn.functional.cross_entropy(
                    logits[:, :-1].transpose(1, 2), labels[:, 1:], ignore_index=-100, reduction="none"
                )
                totals = losses.sum(1)
            for index, total in zip(indices, totals.tolist()):
                sums[index] = total
    return sums, [len(example["ids"]) - example["promptLength"] for example in examples]


def optimizer(model):
    """AdamW over the adapter; its fused kernel at its best."""
    import torch

    trained = [p for p in model.parameters() if p.requires_grad]
    options = {"fused": True} if best else {}
    return torch.optim.AdamW(trained, lr=job["learningRate"], weight_decay=job["weightDecay"], **options), trained


class Timed:
    """Wall and processor milliseconds of a `with` block, the latter over all threads."""

    def __enter__(self):
        self.begin, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.milliseconds = 1000 * (time.perf_counter() - self.begin)
        self.cpu_milliseconds = 1000 * (time.process_time() - self.cpu)


def peak_bytes():
    """Peak resident memory of the address space: that of the process counts what the parent held when it forked."""
    try:
        with open("/proc/self/status") as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def finish(output):
    """Prints this process's result."""
    modules = ["torch", "transformers", "peft", "numpy"]
    versions = {name: sys.modules[name].__version__ for name in modules if name in sys.modules}
    versions["python"] = sys.version.split()[0]
    print(json.dumps({**output, "peakBytes": peak_bytes(), "versions": versions}))
