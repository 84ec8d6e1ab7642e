#!/usr/bin/env python3
"""Installs a build into a fresh tree and uses it in every way that a host can.

The build is LIVEDROPS_BINARY_DIR, else build/dev; it must be complete.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = Path(os.environ.get("LIVEDROPS_BINARY_DIR", ROOT / "build" / "dev")).resolve()
STRICT_C = ["-std=c99", "-pedantic-errors", "-Wall", "-Wextra", "-Werror"]


def run(*command, **environment):
    """Runs it and returns its output; a failure shows everything it said."""
    done = subprocess.run([str(word) for word in command], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


class InstallTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.work = Path(cls.temporary.name)
        run("cmake", "--install", BUILD, DESTDIR=str(cls.work / "staged"))
        # Moved away from where it was installed: nothing in it may name its place.
        (header,) = (cls.work / "staged").rglob("livedrops/version.h")
        cls.prefix = cls.work / "elsewhere"
        shutil.move(header.parents[2], cls.prefix)
        (cls.libdir,) = (file.parent for file in cls.prefix.rglob("liblivedrops.a"))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def cmake(self, project, *options, build=None):
        """Configures, builds, and returns the build directory of a consumer project."""
        build = self.work / (build or f"build-{project}")
        run("cmake", "-G", "Ninja", "-S", HERE / project, "-B", build,
            f"-DCMAKE_PREFIX_PATH={self.prefix}", *options)
        run("cmake", "--build", build)
        return build

    def pkg_config(self, package):
        path = str(self.libdir / "pkgconfig")
        return run("pkg-config", "--cflags", "--libs", package, PKG_CONFIG_PATH=path).split()

    def test_find_package_gives_the_static_library(self):
        # Test helpers bring no test framework: a host has its own.
        build = self.cmake("cpp", "-DWANTED_VERSION=0.1", "-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON")
        self.assertIn("livedrops 0.1", run(build / "consumer"))
        run(build / "consumer_tests")

    def test_find_package_knows_whether_postgres_is_there(self):
        if not (self.libdir / "cmake/livedrops/livedrops-postgres-targets.cmake").exists():
            with self.assertRaisesRegex(AssertionError, "built without PostgreSQL"):
                self.cmake("postgres")
            return
        build = self.cmake("postgres")
        self.assertIn("livedrops 0.1", run(build / "consumer"))
        self.assertIn("libpq", run("ldd", build / "consumer"))

    def test_find_package_gives_the_shared_library_to_c(self):
        build = self.cmake("c", "-DWANTED_VERSION=0.1")
        self.assertIn("livedrops 0.1", run(build / "consumer"))

    def test_find_package_refuses_another_minor_version(self):
        with self.assertRaisesRegex(AssertionError, "compatible with requested version"):
            self.cmake("c", "-DWANTED_VERSION=0.2", build="build-refused")

    def test_pkg_config_gives_the_static_library(self):
        program = self.work / "pc-static"
        run("c++", "-std=c++20", HERE / "consumer.cc", "-o", program, *self.pkg_config("livedrops"))
        run(program)
        self.assertNotIn("liblivedrops", run("ldd", program))

    def test_pkg_config_gives_the_shared_library_to_c(self):
        program = self.work / "pc-shared"
        run("cc", *STRICT_C, HERE / "consumer.c", "-o", program, *self.pkg_config("livedrops-c"))
        run(program, LD_LIBRARY_PATH=str(self.libdir))
        self.assertIn("liblivedrops.so.0.1", run("ldd", program, LD_LIBRARY_PATH=str(self.libdir)))

    def test_a_host_builds_it_from_source(self):
        launcher = shutil.which("ccache")
        options = [f"-DLIVEDROPS_SOURCE={ROOT}", "-DCMAKE_CXX_FLAGS=-O0"]
        if launcher:
            options.append(f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}")
        for fetch in ("OFF", "ON"):
            build = self.cmake("source_tree", f"-DUSE_FETCHCONTENT={fetch}", *options)
            run(build / "consumer")
            run(build / "consumer_c")

    def test_the_shared_library_exports_what_the_header_declares(self):
        lines = run("nm", "-D", "--defined-only", self.libdir / "liblivedrops.so").splitlines()
        exported = {line.split()[-1] for line in lines}
        header = (self.prefix / "include/livedrops/c.h").read_text()
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", header, flags=re.DOTALL)
        self.assertEqual(exported, set(re.findall(r"\b(ld_\w+)\s*\([^*]", code)))

    def test_every_public_header_is_installed(self):
        def headers(root):
            return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        self.assertEqual(headers(self.prefix / "include"),
                         headers(ROOT / "include") | {"livedrops/version.h"})

    def test_nothing_installed_names_the_build_machine(self):
        texts = [*self.prefix.rglob("*.cmake"), *self.prefix.rglob("*.pc"),
                 *self.prefix.rglob("*.h")]
        for place in (str(ROOT), str(BUILD), "/usr/local"):
            naming = [path.name for path in texts if place in path.read_text()]
            self.assertEqual(naming, [], place)


if __name__ == "__main__":
    unittest.main(verbosity=2 if sys.stdout.isatty() else 1)
