#!/usr/bin/env python3
"""Writes livedrops/_core.pyi from the extension module. `--check`: only says whether it differs.

pybind11-stubgen reads the module's docstrings; what it cannot know is put right here: members of
enums with their values, int where C++ wants a whole number, types of what pybind11 calls object.
Run with the environment of the build tree:

    PYTHONPATH=build/dev/python/package build/dev/python/environment/bin/python \\
        bindings/python/tools/make_stubs.py
"""

import difflib
import enum
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from livedrops import _core

STUB = Path(__file__).resolve().parents[1] / "livedrops" / "_core.pyi"

EXACT = [
    ("typing.SupportsInt | typing.SupportsIndex", "int"),
    ("import livedrops._words\n", "import livedrops._words\nimport livedrops.errors\n"),
    ("_fields: typing.ClassVar[tuple] =", "_fields: typing.ClassVar[tuple[str, ...]] ="),
    ("    __hash__: typing.ClassVar[None] = None\n",
     "    __hash__: typing.ClassVar[None]  # type: ignore[assignment]\n"),
    ("def __eq__(self, arg0: typing.Any) -> bool", "def __eq__(self, other: object) -> bool"),
    ("def __init__(self, **kwargs) -> None", "def __init__(self, **kwargs: typing.Any) -> None"),
    ("def errors(self) -> dict[int, typing.Any]",
     "def errors(self) -> dict[int, livedrops.errors.Error]"),
    ("def poll(self) -> list[tuple[int, typing.Any]]",
     "def poll(self) -> list[tuple[int, Reply | Replies | livedrops.errors.Error]]"),
]


def with_members(text: str) -> str:
    """The stub with the enums' members as they are, in the order of their values."""
    for name, found in vars(_core).items():
        if not (isinstance(found, type) and issubclass(found, enum.Enum)):
            continue
        members = "".join(f"    {member.name} = {member.value}\n" for member in found)
        pattern = rf'(class {name}\(.*?\):\n    """.*?"""\n).*?(?=^class |^def |^[A-Za-z_]+:)'
        text, count = re.subn(pattern, lambda match, own=members: match[1] + own, text, count=1,
                              flags=re.DOTALL | re.MULTILINE)
        assert count == 1, name
    return text


def generate() -> str:
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(
            [sys.executable, "-m", "pybind11_stubgen", "livedrops._core", "-o", directory,
             "--enum-class-locations", "Confirmation:livedrops._core", "--exit-code"],
            check=True, stderr=subprocess.PIPE)
        text = (Path(directory) / "livedrops" / "_core.pyi").read_text(encoding="utf-8")
    for found, better in EXACT:
        assert found in text, f"make_stubs.py: nothing to put right: {found}"
        text = text.replace(found, better)
    text = re.sub(r"^__version__: str = .*$", "__version__: str", text, flags=re.MULTILINE)
    text = re.sub(r"[ \t]+$", "", with_members(text), flags=re.MULTILINE)
    return f"# Written by bindings/python/tools/{Path(__file__).name} from the module.\n" + text


def main() -> int:
    fresh = generate()
    if "--check" not in sys.argv[1:]:
        STUB.write_text(fresh, encoding="utf-8")
        return 0
    kept = STUB.read_text(encoding="utf-8") if STUB.exists() else ""
    difference = list(difflib.unified_diff(kept.splitlines(), fresh.splitlines(), str(STUB),
                                           "the module", lineterm=""))
    print("\n".join(difference))
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
