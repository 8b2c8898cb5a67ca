"""The masked weighted mean of drawn clients with NumPy: the counterpart of ours/fold.mjs.

`default` adds under a boolean mask, `best` by index, which is faster.
"""

import time

import numpy as np
from baseline import best, finish, job, peak_bytes

P = job["positions"]


def drawn(count, seed):
    x = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1)
    x += np.uint32(seed * 0x85EBCA77 % 2**32)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x2C1B3C6D)
    x ^= x >> np.uint32(12)
    x *= np.uint32(0x297A2D39)
    x ^= x >> np.uint32(15)
    return x


def mask_of(client):
    bits = drawn(-(-P // 32), 2 * client).astype("<u4").view(np.uint8)[: -(-P // 8)].copy()
    if P % 8:
        bits[-1] &= (1 << P % 8) - 1
    return bits, int(np.unpackbits(bits).sum())


total, weight = np.zeros(P), np.zeros(P)
seconds = cpu = 0.0
live = 0
for client in range(job["clients"]):
    bits, count = mask_of(client)
    values = ((drawn(count, 2 * client + 1) >> np.uint32(8)) / 2**24 - 0.5).astype(np.float32)
    n = 1 + client % 7
    live += count
    begin, cpu_begin = time.perf_counter(), time.process_time()
    if not np.isfinite(values).all():
        raise SystemExit("values are not finite")
    where = np.unpackbits(bits, count=P, bitorder="little").view(bool)
    if best:
        where = np.flatnonzero(where)
    total[where] += n * values.astype(np.float64)
    weight[where] += n
    seconds += time.perf_counter() - begin
    cpu += time.process_time() - cpu_begin
begin, cpu_begin = time.perf_counter(), time.process_time()
mean = np.divide(total, weight, out=np.zeros(P), where=weight > 0).astype(np.float32)
seconds += time.perf_counter() - begin
cpu += time.process_time() - cpu_begin
if job["result"]:
    mean.tofile(job["result"])
finish({"milliseconds": 1000 * seconds, "cpuMilliseconds": 1000 * cpu, "live": live, "foldPeakBytes": peak_bytes()})
