"""C++ programs that use the library in each way there is, built without a warning; they print what Python computes."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import linclass_cpp as lc
import numpy as np
import pytest
from linclass_cpp import build as package

ROOT = Path(__file__).parents[1]
CONSUMERS = ROOT / "tests" / "consumer"
HEADERS = sorted((ROOT / "cpp" / "include" / "linclass").glob("*.h"))
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
FLAGS = f"-DCMAKE_CXX_FLAGS={' '.join(WARNINGS)}"
EIGEN = next((prefix for entry in sys.path if (prefix := Path(entry, "cmeel.prefix")).is_dir()), Path("/usr"))
PATH = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
CXX = shutil.which(os.environ.get("CXX", "c++"))
LEVEL = "v3" if "v3" in lc.cpu.levels() else lc.cpu.levels()[0]

GLIBC = platform.libc_ver()[0] == "glibc"

pytestmark = pytest.mark.skipif(CXX is None, reason="no C++ compiler (c++, or the environment variable CXX)")


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, "PATH": PATH, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def built(source: Path, folder: Path, *options: str) -> Path:
    """Folder of the programs of a CMake project, after a build that met no warning."""
    options += ("-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF")
    if shutil.which("ccache"):
        options += ("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",)
    run("cmake", "-S", source, "-B", folder, *options)
    run("cmake", "--build", folder, "--parallel", "2")
    return folder


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `cmake --install` put the library, with one engine."""
    folder = tmp_path_factory.mktemp("library")
    built(ROOT, folder / "build", f"-DLINCLASS_LEVELS={LEVEL}", f"-DCMAKE_PREFIX_PATH={EIGEN}", "-DLINCLASS_WERROR=ON")
    run("cmake", "--install", folder / "build", "--prefix", folder / "prefix")
    shutil.rmtree(folder / "build")  # what is installed stands alone
    return folder / "prefix"


@pytest.fixture(scope="module")
def find_package(prefix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("find_package")
    return built(CONSUMERS / "find_package", folder, f"-DCMAKE_PREFIX_PATH={prefix};{EIGEN}", FLAGS)


PYTHON = """
import sys
import numpy as np
import linclass_cpp as lc
random, rows = 1, []
for i in range(150):
    row = []
    for j in range(4):
        random = (random * 1664525 + 1013904223) % 2**32
        row.append(random / 2**32 + (0.5 if j == i % 3 else 0.0))
    rows.append(row)
X, y = np.array(rows), np.arange(150) % 3
model = lc.fit(X, y, loss="softmax", l2=1e-3, solver="lbfgs")
print(model.report.level)
print(*(float(z).hex() for z in model.decision_function(X).ravel()), sep="\\n")
try:
    lc.fit(X, y, loss="softmax", l2=-1.0)
except ValueError as error:
    print(error)
"""


def parts(output: str) -> tuple[str, list[float], str]:
    level, *scores, error = output.splitlines()
    return level, [float.fromhex(z) for z in scores], error


@pytest.fixture(scope="module")
def expected() -> tuple[str, list[float], str]:
    found = parts(run(sys.executable, "-c", PYTHON, LINCLASS_LEVEL=LEVEL))
    assert found[0] == LEVEL
    assert len(found[1]) == 450
    return found


def test_find_package(find_package: Path, expected: tuple[str, list[float], str]) -> None:
    assert parts(run(find_package / "softmax", LINCLASS_LEVEL=LEVEL)) == expected


def test_eigen(find_package: Path) -> None:
    run(find_package / "eigen")


def test_api(find_package: Path) -> None:
    assert run(find_package / "api") == "0 wrong\n"


def test_wheel(tmp_path: Path, expected: tuple[str, list[float], str]) -> None:
    folder = built(CONSUMERS / "wheel", tmp_path, f"-DPython_EXECUTABLE={sys.executable}", FLAGS)
    assert parts(run(folder / "softmax", LINCLASS_LEVEL=LEVEL)) == expected


def test_wheel_by_hand(tmp_path: Path, expected: tuple[str, list[float], str]) -> None:
    """The compiler called directly, with what `--includes` prints."""
    include = run(sys.executable, "-m", "linclass_cpp", "--includes").split()
    libraries = Path(run(sys.executable, "-m", "linclass_cpp", "--cmakedir").strip()).parents[1]
    program = tmp_path / "softmax"
    link = [f"-L{libraries}", "-llinclass", f"-Wl,-rpath,{libraries}"]
    run(str(CXX), "-std=c++17", *WARNINGS, *include, CONSUMERS / "softmax.cpp", "-o", program, *link)
    assert parts(run(program, LINCLASS_LEVEL=LEVEL)) == expected


GRID = np.array([[(i * 7 + j * 13 + i * j) % 101 / 64 - 0.5 for j in range(4)] for i in range(60)])


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program with the very library that Python has loaded."""
    libraries = Path(package.get_cmake_dir()).parents[1]
    out = tmp_path_factory.mktemp("model_file") / "model_file"
    link = [f"-L{libraries}", "-llinclass", f"-Wl,-rpath,{libraries}"]
    run(str(CXX), "-std=c++17", *WARNINGS, "-I", package.get_include(), CONSUMERS / "model_file.cpp", "-o", out, *link)
    return out


@pytest.mark.parametrize("writer", ["Python", "C++"])
def test_a_model_file_gives_the_same_bytes_of_scores(writer: str, model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "model"
    if writer == "Python":
        lc.fit(GRID, np.array(["low", "middle", "high"])[np.arange(60) % 3], l2=0.1).save(path)
    printed = run(model_file, "scores" if writer == "Python" else "write", path)
    model = lc.load(path)
    scores = np.array([float.fromhex(line) for line in printed.split()]).reshape(60, 3)
    assert scores.tobytes() == model.decision_function(GRID).tobytes()
    if writer == "C++":
        assert model.classes.tolist() == ["low", "middle", "high"]
        assert (model.feature_names, model.extra) == (list("abcd"), {"by": "C++"})
        assert model.report.converged


def test_damaged_model_files_under_the_address_sanitizer(tmp_path: Path) -> None:
    """10,000 of them, and absurd lengths with a checksum that agrees. What reads files needs no engine."""
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1"]
    (tmp_path / "empty.cpp").write_text("int main() {}")
    probe = [str(CXX), *sanitize, str(tmp_path / "empty.cpp"), "-o", str(tmp_path / "empty")]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("the compiler has no address sanitizer: damage of model files in C++ IS NOT TESTED")
    needed = ["model_file", "file", "validate", "names", "calls", "cpu", "load", "model"]
    sources = [ROOT / "cpp" / "api" / f"{name}.cpp" for name in needed]
    options = [
        "-DLINCLASS_BUILD",
        '-DLINCLASS_LEVELS="v2"',
        *(f"-I{ROOT / 'cpp' / of}" for of in ("include", "engine")),
    ]
    program = tmp_path / "damage"
    run(str(CXX), "-std=c++17", *sanitize, *options, CONSUMERS / "damage.cpp", *sources, "-o", program, "-ldl")
    printed = run(program, "10000", ASAN_OPTIONS="max_allocation_size_mb=1")
    assert printed.endswith(" 0 wrong\n"), printed


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs that build the library along with themselves: one engine compiled for this very machine."""
    options = [f"-DCMAKE_PREFIX_PATH={EIGEN}", FLAGS, f"-DCOUNT_ALLOCATIONS={'ON' if GLIBC else 'OFF'}"]
    return built(CONSUMERS / "add_subdirectory", tmp_path_factory.mktemp("native"), *options)


def test_add_subdirectory(native: Path, expected: tuple[str, list[float], str]) -> None:
    """Other roundings than those of the levels."""
    level, scores, error = parts(run(native / "softmax", LINCLASS_LEVEL=""))
    assert (level, error) == ("native", expected[2])
    assert scores == pytest.approx(expected[1], rel=1e-12, abs=1e-12)


@pytest.mark.skipif(not GLIBC, reason="malloc is replaced as the GNU C library lets it be: IS NOT TESTED elsewhere")
def test_iterations_allocate_nothing(native: Path) -> None:
    assert run(native / "allocations") == "0 wrong\n"


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: header.name)
def test_header_compiles_alone(header: Path, tmp_path: Path) -> None:
    source = tmp_path / "alone.cpp"
    source.write_text(f'#include "linclass/{header.name}"\n')
    includes = ["-I", header.parents[1]]
    if header.name == "eigen.h":
        includes += ["-isystem", EIGEN / "include" / "eigen3"]
    run(str(CXX), "-std=c++17", "-fsyntax-only", *WARNINGS, *includes, source)
