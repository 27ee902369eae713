#!/usr/bin/env python3
"""Runs what a runner of the scheduler benchmark offers, as small as it gets. usage: smoke_test.py RUNNER [--if-built]

Prints a line for each failure and ends with status 1 if there was one: an answer that is no JSON object, lacks what the
driver reads (docs/design/0012-benchmark.md), or is wrong; a workload that is offered and does not run; one that is
not offered and does not say why. With --if-built, status 77 if there is no such program.
"""

import json
import os
import subprocess
import sys

LIMIT = 120  # seconds, of one workload; on a busy machine, too
failures = 0


def fail(what, why):
    global failures
    failures += 1
    print(f"{what}: {why}")


def call(runner, *arguments):
    try:
        done = subprocess.run([runner, *arguments], capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None, f"not done after {LIMIT} s"
    return done.returncode, done.stdout if done.returncode in (0, 3) else done.stdout[-500:] + done.stderr[-500:]


def check_run(runner, name, threads):
    status, text = call(runner, "--run", name, "--threads", str(threads), "--size", "quick", "--samples", "1", "--seconds", "0.05")
    what = f"{name}, {threads} threads"
    if status != 0:
        return fail(what, f"status {status}: {text}")
    answer = json.loads(text)
    if answer["workload"] != name or answer["threads"] != threads or answer["size"] != "quick":
        fail(what, "answers something else than it was asked")
    if answer["right"] is not True:
        fail(what, "wrong")
    if answer["items"] < 1 or not answer["samples"]:
        fail(what, "no items or no samples")
    for sample in answer["samples"]:
        if not (sample["wall"] >= 0 and sample["cpu"] >= 0 and sample["waited"] >= 0):
            fail(what, f"an impossible sample: {sample}")


def check_lacking(runner, line):
    name = line["workload"]
    if len(line["no_such_feature"]) < 10:
        fail(name, "is not offered, and the reason is not given")
    status, _ = call(runner, "--run", name, "--threads", "1", "--size", "quick")
    if status != 3:
        fail(name, f"is not offered; status {status} instead of 3")


def main(runner):
    status, text = call(runner, "--describe")
    if status != 0:
        return fail("--describe", f"status {status}: {text}")
    peer, *workloads = [json.loads(line) for line in text.splitlines()]
    for member in ("peer", "version", "compiler", "flags", "allocator", "notes"):
        if not peer[member]:
            fail("--describe", f"says nothing of {member}")
    if not any("no_such_feature" not in line for line in workloads):
        fail("--describe", "offers nothing")
    for line in workloads:
        if "no_such_feature" in line:
            check_lacking(runner, line)
        elif "quick" in line["sizes"]:
            check_run(runner, line["workload"], min(2, max(line["threads"])))
    for arguments in ([], ["--run", "no_such_workload"], ["--run", "fib", "--threads", "0"], ["--run", "fib", "--size", "huge"]):
        status, _ = call(runner, *arguments)
        if status != 2:
            fail(" ".join(arguments) or "no arguments", f"status {status} instead of 2")


if "--if-built" in sys.argv and not os.path.exists(sys.argv[1]):
    print(f"{sys.argv[1]} is not built")
    sys.exit(77)
main(sys.argv[1])
sys.exit(1 if failures else 0)
