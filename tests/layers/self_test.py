#!/usr/bin/env python3
"""Shows that check.py fails when it should, and only then: builds small trees, each with one fault, and checks them."""

import subprocess
import sys
import tempfile
from pathlib import Path

CHECK = Path(__file__).resolve().parent / "check.py"
FLOORS = """
0 runtime/include/magpie/base/
1 runtime/include/magpie/lockfree/
5 runtime/src/
6 combinators/include/magpie/
3 runtime/include/magpie/task.hpp
"""
LOW, HIGH = "runtime/include/magpie/base/low.hpp", "runtime/include/magpie/lockfree/high.hpp"
GOOD = {
    "tests/layers/floors.txt": FLOORS,
    "tests/layers/denylist.txt": "# words\n\\bforbidden\\b\n",
    LOW: "#pragma once\n",
    HIGH: '#pragma once\n#include <magpie/base/low.hpp>\n#include "magpie/base/low.hpp"\n#include <vector>\n',
    "runtime/include/magpie/task.hpp": "#include <magpie/lockfree/high.hpp>\n",
    "combinators/include/magpie/gather.hpp": "#include <magpie/task.hpp>\n",
    "runtime/src/high.cpp": "#include <magpie/lockfree/high.hpp>\n",
    "runtime/src/other.cpp": '#include "private.hpp"\n',
    "runtime/src/private.hpp": "#include <magpie/task.hpp>\n",
}


def room(body):
    return {LOW: f"struct room {{\n{body}\n}};\n"}


# name: (files that differ from GOOD, what must be printed; empty: the tree is good)
CASES = {
    "a good tree": ({}, []),
    "an include that goes up": (
        {LOW: "#pragma once\n#include <magpie/lockfree/high.hpp>\n"}, ["base/low.hpp:2: floor:", "floor 0", "floor 1"]),
    "a relative include that goes up": (
        {LOW: '#include "../lockfree/high.hpp"\n'}, ["base/low.hpp:1: floor:"]),
    "a source that goes up, by its header's floor": (
        {"runtime/src/high.cpp": "#include <magpie/task.hpp>\n"}, ["src/high.cpp:1: floor:", "floor 3"]),
    "a source with a floor of its own": (
        {"tests/layers/floors.txt": FLOORS + "3 runtime/src/high.cpp\n", "runtime/src/high.cpp": "#include <magpie/task.hpp>\n"}, []),
    "an include in a comment": ({LOW: "// #include <magpie/task.hpp>\n/*\n#include <magpie/task.hpp>\n*/\n"}, []),
    "the runtime includes combinators": (
        {"runtime/src/high.cpp": "#include <magpie/gather.hpp>\n"}, ["src/high.cpp:1: floor:", "must not know the combinators"]),
    "a header that does not exist": ({LOW: "#include <magpie/nowhere.hpp>\n"}, ["low.hpp:1: floor:", "no header magpie/nowhere.hpp"]),
    "a public header without a floor": ({"runtime/include/magpie/new.hpp": "\n"}, ["magpie/new.hpp:1: floor:", "floors.txt"]),
    "a public header that includes src": (
        {LOW: '#include "../../../src/private.hpp"\n'}, ["low.hpp:1: private:", "runtime/src/private.hpp"]),
    "two headers of one name": ({"tests/base/low.hpp": "\n"}, ["tests/base/low.hpp:1: unique:", LOW]),
    "a denied word": ({"docs/page.md": "one\nthis is Forbidden\n"}, ["docs/page.md:2: denied:"]),
    "a denied word within another": ({"docs/page.md": "unforbiddenly\n"}, []),

    "an order without a reason": (room("int f() { return a_.load(relaxed); }"), ["low.hpp:2: order:", "relaxed"]),
    "the long form of an order": (room("int f() { return a_.load(std::memory_order_acquire); }"), ["low.hpp:2: order:", "acquire"]),
    "a qualified order": (room("int f() { return a_.load(detail::seq_cst); }"), ["low.hpp:2: order:"]),
    "an order on a later line": (room("void f() {\n  a_.store(1,\n           release);\n}"), ["low.hpp:4: order:", "release"]),
    "an order that is chosen": (room("void f() { a_.store(1, loud ? release : relaxed); }"), ["low.hpp:2: order:", "relaxed, release"]),
    "a reason on the line": (room("int f() { return a_.load(relaxed); }  // relaxed: a figure for people"), []),
    "a comment that says nothing": (room("int f() { return a_.load(relaxed); }  // relaxed"), ["low.hpp:2: order:"]),
    "a comment for a tool": (room("int f() { return a_.load(relaxed); }  // NOLINT(some-check, other-check)"), ["low.hpp:2: order:"]),
    "a reason above": (room("void f() {\n  // pairs with the load in g(): what x points to\n  a_.store(x, release);\n}"), []),
    "a reason within the statement": (
        room("bool f() {\n  return a_.compare_exchange_strong(\n      x, y,\n      // W1: one taker only\n      acq_rel, relaxed);\n}"), []),
    "a reason above, with an empty line": (
        room("void f() {\n  // pairs with the load in g()\n\n  a_.store(x, release);\n}"), ["low.hpp:5: order:"]),
    "a reason that belongs to the line before": (
        room("void f() {\n  a_.store(x, release);  // pairs with the load\n                         // in g(): x\n  b_.store(y, release);\n}"),
        ["low.hpp:5: order:"]),
    "a document comment is no reason": (
        room("/// The number of things in it.\nint f() { return a_.load(relaxed); }"), ["low.hpp:3: order:"]),
    "a document comment that names the order": (
        room("/// The number of things in it; relaxed, as it is old at once.\nint f() { return a_.load(relaxed); }"), []),
    "a run under one reason": (
        room("void f() {\n  // relaxed: nobody sees the block yet\n  a_.store(1, relaxed);\n  b_.store(2, relaxed);\n}"), []),
    "a run whose reason names another order": (
        room("void f() {\n  // relaxed: nobody sees the block yet\n  a_.store(1, relaxed);\n  b_.store(2, release);\n}"),
        ["low.hpp:5: order:", "release"]),
    "a run that is interrupted": (
        room("void f() {\n  // relaxed: nobody sees the block yet\n  a_.store(1, relaxed);\n  g();\n  b_.store(2, relaxed);\n}"),
        ["low.hpp:6: order:"]),
    "a label that is explained": (
        room("void f() { a_.store(1, release); }  // D2: pairs with g()\nint g() { return a_.load(acquire); }  // D2"), []),
    "a label that nobody explains": (room("int g() { return a_.load(acquire); }  // D2"), ["low.hpp:2: order:"]),
    "an order that is not an argument": (room("void release();\nvoid f() { p.release(); q_ = acquire; }"), []),
    "an order in a string": (room('void f() { say("(relaxed)"); }'), []),
    "tests may do as they like": ({"tests/base/a_test.cpp": "#include <atomic>\nint f() { return a.load(relaxed); }\n"}, []),

    "a load without an order": (room("int f() { return a_.load(); }"), ["low.hpp:2: default:", "load()"]),
    "a store without an order": (room("void f() { p->store(g(1, 2)); }"), ["low.hpp:2: default:", "store()"]),
    "an exchange without an order": (room("int f() { return a_.exchange(pair{1, 2}); }"), ["low.hpp:2: default:", "exchange()"]),
    "a compare-exchange without orders": (
        room("bool f() { return a_.compare_exchange_weak(x, y); }"), ["low.hpp:2: default:", "compare_exchange_weak()"]),
    "an order in a variable": (room("int f(order o) { return a_.load(o) + std::exchange(x, 1); }"), []),

    "a second file with <atomic>": ({LOW: "#include <atomic>\n"}, ["low.hpp:1: atomic:", "base/atomic.hpp"]),
    "a second file with std::atomic": (room("std::atomic<int> a_;"), ["low.hpp:2: atomic:", "std::atomic"]),
    "a fence": (room("void f() { atomic_thread_fence(o); }"), ["low.hpp:2: atomic:"]),
    "a builtin": (room("int f() { return __atomic_load_n(&x, 0); }"), ["low.hpp:2: atomic:"]),
    "std::atomic in a comment": (room("int a;  // not a std::atomic: the owner's"), []),
    "the home of std::atomic": ({"runtime/include/magpie/base/atomic.hpp": "#include <atomic>\nusing a = std::atomic<int>;\n"}, []),
}


def run(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**GOOD, **files}.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        result = subprocess.run([sys.executable, str(CHECK), folder], capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr


def main():
    failed = 0
    for name, (files, expected) in CASES.items():
        status, output = run(files)
        wrong = status != (1 if expected else 0) or any(e not in output for e in expected)
        # One fault, one report.
        wrong = wrong or (expected and sum(": " in line and line.count(":") >= 3 for line in output.splitlines()) != 1)
        if wrong:
            failed += 1
            print(f"FAILED: {name}: expected {expected or 'no violation'}, got status {status}:\n{output}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
