#!/usr/bin/env python3
"""Checks that every relative link in a Markdown page leads to a file and to a heading of it."""

import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
from tidy import source_paths  # noqa: E402  (found through the line above)

LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`[^`\n]*`")


def without_code(text):
    for pattern in (FENCE, CODE_SPAN):
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    return text


def anchors(text):
    """The anchors that a Markdown viewer makes from headings."""
    found = set()
    for heading in re.findall(r"^#+\s+(.*?)\s*#*$", FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(plain.replace(" ", "-"))
    return found


def broken_links(root, page):
    text = (root / page).read_text(encoding="utf-8")
    code_free = without_code(text)
    for match in LINK.finditer(code_free):
        target, _, anchor = match.group(1).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (root / page).parent / target if target else root / page
        line = code_free.count("\n", 0, match.start()) + 1
        if not path.exists():
            yield f"{page}:{line}: {match.group(1)} leads nowhere"
        elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text("utf-8")):
            yield f"{page}:{line}: {target or page} has no heading #{anchor}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    pages = [path for path in source_paths(root) if path.endswith(".md")]
    found = [problem for page in pages for problem in broken_links(root, page)]
    print("\n".join(found + [f"docs: {len(pages)} pages, {len(found)} broken links"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
