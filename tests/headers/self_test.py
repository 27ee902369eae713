#!/usr/bin/env python3
"""alone.py finds what it should: a header that needs another one first, that may not come twice, that warns.

    self_test.py COMPILER
"""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
GOOD = "#pragma once\n#include <vector>\ninline std::vector<int> v;\n"
BAD = {
    "needs_another": "#pragma once\ninline std::vector<int> v;\n",
    "comes_twice": "struct s {};\n",
    "warns": "#pragma once\ninline int f(int x) { return 1; }\n",
}


def main() -> int:
    wrong = 0
    for name, text in {"good": GOOD, **BAD}.items():
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder) / "runtime/include/magpie"
            place.mkdir(parents=True)
            (place / f"{name}.hpp").write_text(text)
            run = subprocess.run([sys.executable, HERE / "alone.py", folder, sys.argv[1]], capture_output=True, text=True)
        if (run.returncode == 0) != (name == "good"):
            print(f"{name}: status {run.returncode}\n{run.stdout}")
            wrong += 1
    print(f"{len(BAD) + 1} headers, {wrong} judged wrongly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
