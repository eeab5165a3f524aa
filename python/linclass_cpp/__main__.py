"""python -m linclass_cpp demo | --cmakedir | --includes"""

from __future__ import annotations

import argparse
import sys


def demo() -> None:
    """Softmax regression on handwritten digits, before your eyes."""
    import numpy as np

    try:
        from tqdm import tqdm
    except ImportError:
        sys.exit('the demo shows its progress with tqdm, which is missing: pip install "linclass_cpp[cli]"')
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit("the demo takes its digits from scikit-learn, which is missing: pip install scikit-learn")

    import linclass_cpp as lc

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    X, y = images[order] / 16, labels[order]
    train, test = slice(0, 1400), slice(1400, None)
    print(f"{len(y[train])} handwritten digits of 8 x 8 points to learn from, {len(y[test])} to be tested on")

    with tqdm(desc="objective", unit=" iterations") as bar:

        def show(state: lc.State) -> None:
            bar.set_postfix_str(f"P = {state.objective:.6f}", refresh=False)
            bar.update()

        model = lc.fit(X[train], y[train], loss="softmax", l2=1e-3, callback=show)

    print(model.report)
    predicted = model.predict(X[test])
    print(f"\ntest accuracy {np.mean(predicted == y[test]):.1%}; rows are the digits, columns what was read:")
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (y[test], predicted), 1)
    print("    " + "".join(f"{k:4d}" for k in range(10)))
    for k, row in enumerate(counts):
        print(f"{k:4d}" + "".join(f"{c:4d}" if c else "   ." for c in row))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m linclass_cpp", description="Linear classifiers trained by a C++ engine."
    )
    parser.add_argument(
        "command", nargs="?", choices=["demo"], help="demo: train softmax regression on handwritten digits"
    )
    parser.add_argument("--cmakedir", action="store_true", help="print the directory of linclass-config.cmake")
    parser.add_argument("--includes", action="store_true", help="print the compiler's flag for the headers")
    given = parser.parse_args(arguments)
    if given.cmakedir or given.includes:
        from . import build

        print(build.get_cmake_dir() if given.cmakedir else "-I" + build.get_include())
    elif given.command == "demo":
        demo()
    else:
        parser.print_help()


if __name__ == "__main__":
    main()
