"""linclass, or python -m linclass_cpp: the command line of cli.py, and where C++ finds the library (without extras)."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> None:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments in (["--cmakedir"], ["--includes"]):
        from . import build

        print(build.get_cmake_dir() if arguments == ["--cmakedir"] else "-I" + build.get_include())
        return
    try:
        from .cli import main as run
    except ImportError as error:
        if error.name is None or error.name.split(".")[0] not in ("typer", "rich"):
            raise
        sys.exit(f'the command line stands on {error.name}, which is missing: pip install "linclass_cpp[cli]"')
    run(arguments)


if __name__ == "__main__":
    main()
