"""A child of fork() fits with threads, whatever its parent was doing.

GNU's OpenMP keeps a pool of workers for each thread that has opened a parallel region; a child inherits the books
of the pool but not its workers, and would wait for them for ever. So each child runs under an alarm that ends it.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

FORK = """
import os, signal, sys, threading, warnings
import numpy as np
import linclass_cpp as lc

warnings.simplefilter("ignore")  # few iterations: not converged; and Python warns of fork beside threads
rng = np.random.default_rng(0)
X, y = rng.normal(size=(40000, 60)), rng.integers(0, 3, 40000)
ALARM = 30

def fit():
    model = lc.fit(X, y, loss="softmax", l2=1e-3, solver="lbfgs", max_iter=3, threads=2)
    assert model.report.threads == 2, model.report
    return model.coef.tobytes()

def child(body=fit):
    pid = os.fork()
    if pid == 0:
        signal.alarm(ALARM)
        try:
            body()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        sys.exit("the child hung")
    if status:
        sys.exit(f"the child ended with status {status}")

def in_thread(body):
    failures = []
    def guarded():
        try:
            body()
        except BaseException as failure:
            failures.append(failure)
    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
"""

SITUATIONS = {
    "before any fit": "child()",
    "after a fit": "before = fit(); child(); child(); assert fit() == before",
    "from a second thread, after a fit in the main one": "fit(); in_thread(child); fit()",
    "from a second thread that has fitted": "in_thread(lambda: (fit(), child(), fit()))",
    "while another thread fits": """
done = threading.Event()
begun = threading.Event()
def busy():
    while not done.is_set():
        lc.fit(X, y, loss="softmax", solver="lbfgs", max_iter=3, threads=2, callback=lambda state: begun.set())
thread = threading.Thread(target=busy)
thread.start()
begun.wait()
try:
    for _ in range(5):
        child()
finally:
    done.set()
    thread.join()
""",
    "a grandchild": "fit(); child(lambda: (fit(), child()))",
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_fit_in_a_forked_child(situation: str) -> None:
    command = [sys.executable, "-c", FORK + SITUATIONS[situation]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
