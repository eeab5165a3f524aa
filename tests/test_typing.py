"""Types: strict checks pass, and the stub of the extension names what the extension has."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import linclass_cpp as lc
import pytest
from linclass_cpp import _core

ROOT = Path(__file__).parents[1]


def test_mypy_strict() -> None:
    pytest.importorskip("mypy", reason="mypy belongs to the development environment")
    result = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_stub_names_what_the_extension_has() -> None:
    stub = ast.parse((ROOT / "python" / "linclass_cpp" / "_core.pyi").read_text())

    def names(body: list[ast.stmt]) -> dict[str, ast.stmt]:
        found: dict[str, ast.stmt] = {}
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[node.name] = node
        return {name: node for name, node in found.items() if not name.startswith("_")}

    def public(of: object) -> set[str]:
        return {name for name in vars(of) if not name.startswith("_")}

    top = names(stub.body)
    assert set(top) == public(_core)
    for name, node in top.items():
        if isinstance(node, ast.ClassDef) and name != "Error":
            assert set(names(node.body)) == public(getattr(_core, name)), name


def test_the_package_is_marked_as_typed() -> None:
    assert (Path(lc.__file__).parent / "py.typed").exists()
