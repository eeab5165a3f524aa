"""What the installed files show to other libraries, and what an import costs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import linclass_cpp as lc
import pytest
from linclass_cpp import _core, build

PACKAGE = Path(_core.__file__).parent
LIBRARIES = [Path(_core.__file__), PACKAGE / "lib" / "liblinclass.so"]
ENGINES = sorted(PACKAGE.glob("lib/liblinclass_engine_*.so"))

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")


def tool(name: str, *arguments: str | Path) -> str:
    if shutil.which(name) is None:
        pytest.skip(f"no {name} on PATH (package binutils)")
    return subprocess.run([name, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


@linux
def test_one_engine_per_level() -> None:
    names = {engine.stem.rsplit("_", 1)[1] for engine in ENGINES}
    assert names >= set(lc.cpu.levels())
    assert names


@linux
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_an_engine_shows_one_symbol(engine: Path) -> None:
    symbols = [line.split()[1:] for line in tool("nm", "-D", "--defined-only", engine).splitlines()]
    assert symbols == [["T", "linclass_engine_entry"]]


@linux
@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_only_engines_need_openmp(library: Path) -> None:
    assert "omp" not in tool("readelf", "--dynamic", library)
    assert "omp" not in tool("ldd", library)


def test_headers_and_cmake_package_lie_in_the_package() -> None:
    assert (Path(build.get_include()) / "linclass" / "linclass.h").is_file()
    assert (Path(build.get_cmake_dir()) / "linclass-config.cmake").is_file()


IMPORT = """
import json, os, sys
import numpy
def threads():
    return len(os.listdir("/proc/self/task"))
def libraries():
    return {os.path.basename(line.split()[-1]) for line in open("/proc/self/maps") if ".so" in line}
modules, before, mapped = set(sys.modules), threads(), libraries()
import linclass_cpp
print(json.dumps([sorted(set(sys.modules) - modules), threads() - before, sorted(libraries() - mapped)]))
"""


@linux
def test_import_is_light() -> None:
    """It loads nothing that NumPy has not loaded but the package itself, no engine, and starts no thread."""
    output = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True).stdout
    modules, threads, libraries = json.loads(output.splitlines()[-1])
    heavy = {
        "scipy",
        "sklearn",
        "pandas",
        "matplotlib",
        "typer",
        "rich",
        "polars",
        "pathlib",
        "dataclasses",
        "inspect",
        "subprocess",
    }
    assert heavy.isdisjoint(name.partition(".")[0] for name in modules), modules
    assert threads == 0
    assert not [name for name in libraries if "engine" in name or "omp" in name], libraries


def test_the_paths_are_printed() -> None:
    def printed(option: str) -> str:
        command = [sys.executable, "-m", "linclass_cpp", option]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip("\n")

    assert printed("--cmakedir") == build.get_cmake_dir()
    assert printed("--includes") == "-I" + build.get_include()
