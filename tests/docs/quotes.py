#!/usr/bin/env python3
"""Documentation quotes code that is compiled and run: a code block under `<!-- from: PATH -->` must stand in that file,
line for line. Relative links must lead somewhere.

    quotes.py ROOT
"""

import pathlib
import re
import subprocess
import sys

QUOTE = re.compile(r"<!-- from: (\S+) -->\n+```[a-z+]*\n(.*?)```", re.S)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "*.md"], capture_output=True, text=True)
    pages = [root / name for name in listed.stdout.split()] if listed.returncode == 0 else list(root.rglob("*.md"))
    wrong, quotes, links = [], 0, 0
    for page in pages:
        text = page.read_text()
        for path, code in QUOTE.findall(text):
            quotes += 1
            source = root / path
            if not source.is_file():
                wrong.append(f"{page.relative_to(root)}: quotes {path}, which does not exist")
            elif code not in source.read_text():
                wrong.append(f"{page.relative_to(root)}: a block under `from: {path}` does not stand there line for line")
        for target in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.S)):
            links += 1
            if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
                wrong.append(f"{page.relative_to(root)}: link to {target}, which does not exist")
    for line in wrong:
        print(line)
    print(f"docs: {len(pages)} pages, {quotes} quotes, {links} links, {len(wrong)} wrong")
    return 1 if wrong or quotes == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
