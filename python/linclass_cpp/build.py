"""Where C++ programs find the headers and the CMake package of this installation."""

import os

from . import _core

__all__ = ["get_cmake_dir", "get_include"]

# Not this file's directory: in an editable install the built files lie elsewhere.
_root = os.path.dirname(os.path.abspath(_core.__file__))


def get_include() -> str:
    """Directory of linclass/linclass.h."""
    return os.path.join(_root, "include")


def get_cmake_dir() -> str:
    """Directory of linclass-config.cmake, for ``cmake -Dlinclass_DIR=...``."""
    return os.path.join(_root, "lib", "cmake", "linclass")
