#!/usr/bin/env -S python3 -S
"""A runner of the scheduler benchmark that behaves as its file name says: magpie-bench-slow takes twice as long as
magpie-bench-good, magpie-bench-hang does not answer, and so on. Its times are made up: they do not depend on the machine.
It is started by the hundred, hence -S: without the folders of packages, Python starts in half the time.
"""

import json
import os
import random
import signal
import sys
import time

KIND = os.path.basename(sys.argv[0]).removeprefix("magpie-bench-")
SIZES = {"full": "much", "quick": "little"}

# name: (kind, unit, measure, seconds an item on one thread, items)
WORKLOADS = {
    "fib": ("macro", "call", "time", 10e-9, 1_000_000),
    "skynet": ("macro", "task", "time", 30e-9, 1_111_111),
    "spawn_inside": ("micro", "task", "time", 50e-9, 100_000),
    "gather_1000": ("micro", "child", "time", 12e-9, 1_000),
    "submit_wait_0ms": ("micro", "task", "latency", 5e-6, 1),
    "memory_spawned_1000000": ("micro", "task", "memory", 1.0, 1_000_000),
    "idle_cpu": ("micro", "run", "idle_cpu", 1.0, 1),
    "busy_cpu": ("micro", "run", "busy_cpu", 1.0, 1),
    "unheard_of": ("micro", "thing", "time", 1e-6, 1000),
}
# How many times the good one each takes.
FACTOR = {"magpie": 0.5, "good": 1.0, "slow": 2.0, "tbb": 1.0, "serial": 0.04, "much-slower": 130.0, "faster": 0.5}
LACKING = {"slow": ["submit_wait_0ms"], "serial": [w for w in WORKLOADS if w not in ("fib", "skynet")]}


def say(**line):
    print(json.dumps(line), flush=True)


def describe():
    if KIND == "mute":
        sys.exit("this one describes nothing")
    say(peer=KIND.capitalize(), version="1.2.3", compiler="g++ 12.2.0", flags="-O3", allocator="system",
        notes="A <fake> & its friends")
    for name, (kind, unit, measure, _, _) in WORKLOADS.items():
        if name in LACKING.get(KIND, []):
            say(workload=name, kind=kind, no_such_feature=f"{KIND} cannot do this")
        else:
            say(workload=name, kind=kind, unit=unit, sizes=SIZES, threads=[1] if KIND == "serial" else [1, 2],
                measures=[measure])


def misbehave(name):
    """What makes a runner a bad one, if it is one."""
    if KIND == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if KIND == "status":
        print("out of cheese", file=sys.stderr)
        sys.exit(7)
    if KIND in ("hang", "orphans"):
        child = os.fork()
        if child == 0:
            time.sleep(600)  # holds the pipes open, and must go when its parent is gone or killed
            os._exit(0)
        with open(os.environ["FAKE_RUNNER_CHILDREN"], "a", encoding="utf-8") as log:
            print(child, file=log)
    if KIND == "hang":
        time.sleep(600)
    if KIND == "nonsense":
        print("I am a teapot <script>")
        sys.exit(0)
    if KIND == "truncated":
        print('{"workload": "fib", "thr')
        sys.exit(0)
    if KIND == "empty":
        sys.exit(0)
    if KIND == "babble":
        while True:
            print("bla " * 1000)
    if KIND == "lacking":
        print("cannot do this today", file=sys.stderr)
        sys.exit(3)
    if KIND == "usage":
        sys.exit(2)


def run(name, threads, size, samples):
    misbehave(name)
    if "FAKE_RUNNER_LOG" in os.environ:
        with open(os.environ["FAKE_RUNNER_LOG"], "a", encoding="utf-8") as log:
            print(KIND, name, threads, file=log)
    if "FAKE_RUNNER_SECONDS" in os.environ:
        time.sleep(float(os.environ["FAKE_RUNNER_SECONDS"]))
    kind, unit, measure, seconds, items = WORKLOADS[name]
    noise = random.Random(f"{KIND} {name} {os.environ.get('FAKE_RUNNER_SEED', 1)}")
    each = seconds * FACTOR.get(KIND, 1.0) / (threads ** 0.9)
    each *= float(os.environ.get("FAKE_RUNNER_" + KIND.upper().replace("-", "_"), "1"))
    some = []
    for i in range(samples):
        wall = each * items * noise.uniform(0.98, 1.02)
        # Every fifth one is disturbed, and slower.
        disturbed = i % 5 == 4
        some.append({"wall": wall * (1.5 if disturbed else 1), "cpu": wall * threads,
                     "waited": wall * (0.3 if disturbed else 0.001)})
    answer = {"workload": name, "peer": KIND, "threads": threads, "size": size, "unit": unit, "items": items,
              "right": KIND != "wrong", "samples": some}
    if kind == "macro" or measure == "memory":
        answer["peak_bytes"] = int(40e6 * FACTOR.get(KIND, 1.0))
    if measure == "latency":
        answer["latency_ns"] = [each * 1e9 * (1 + noise.expovariate(2)) for _ in range(5000)]
    if measure == "idle_cpu":
        answer["idle_cpu_seconds"] = 0.0001
    if measure == "busy_cpu":
        answer["cpu_per_wall"] = 1.0 * max(1, FACTOR.get(KIND, 1.0))
    if KIND == "negative":
        answer["samples"][0]["wall"] = -1.0
    if KIND == "other":
        answer["workload"] = "something else"
    say(**answer)
    sys.exit(0 if answer["right"] else 1)


def main():
    arguments = sys.argv[1:]
    if arguments == ["--describe"]:
        return describe()
    options = dict(zip(arguments[::2], arguments[1::2]))
    run(options["--run"], int(options["--threads"]), options["--size"], int(options["--samples"]))


if __name__ == "__main__":
    main()
