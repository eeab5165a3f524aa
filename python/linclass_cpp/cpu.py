"""The CPU level whose engine computes, and the threads it may use.

A level is a generation of processors: ``v2``, ``v3``, ``v4`` (x86-64), ``arm64``, or ``native`` where one engine is
linked in. The environment variable ``LINCLASS_LEVEL`` asks for one; the first computation loads it.
"""

from ._core import level, levels, threads

__all__ = ["level", "levels", "threads"]
