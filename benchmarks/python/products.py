"""Rates of matrix products with PyTorch: the counterpart of ours/products.mjs."""

import torch
from baseline import Timed, finish, job

torch.set_num_threads(job["threads"])
dtype = torch.bfloat16 if job["dtype"] == "bf16" else torch.float32


def draw(rows, columns):
    return torch.sin(12.9898 * torch.arange(rows * columns)).view(rows, columns).to(dtype)


products = []
with torch.inference_mode():
    for product in job["products"]:
        m, k, n = product["m"], product["k"], product["n"]
        a = draw(m, k)
        b = draw(n, k).T if product["transposed"] else draw(k, n)
        for _ in range(3):
            torch.matmul(a, b)
        took = []
        for _ in range(job["passes"]):
            with Timed() as one:
                torch.matmul(a, b)
            took.append(one)
        products.append(
            {
                "name": product["name"],
                "milliseconds": [one.milliseconds for one in took],
                "cpuMilliseconds": [one.cpu_milliseconds for one in took],
            }
        )
finish({"products": products})
