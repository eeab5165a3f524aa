"""Ways to end a fit early: each ends it cleanly, the process lives, and the next fit works."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from typing import Any

import linclass_cpp as lc
import numpy as np
import pytest
from conftest import made

X, Y = made(3000, 20, 4)
SOLVERS: dict[str, dict[str, Any]] = {
    "lbfgs": {"loss": "softmax", "solver": "lbfgs", "tol": 0},
    "newton-cholesky": {"loss": "softmax", "solver": "newton-cholesky", "tol": 0},
    "preconditioned-lbfgs": {"loss": "softmax", "solver": "preconditioned-lbfgs", "tol": 0},
    "gd": {"loss": "softmax", "solver": "gd", "tol": 0},
    "sgd": {"loss": "softmax", "solver": "sgd", "max_iter": 10**6},
    "perceptron": {"loss": "perceptron", "solver": "perceptron", "max_iter": 10**6},
}
AT_THE_OPTIMUM_SOON = ["newton-cholesky", "preconditioned-lbfgs"]  # before any time is over


def next_fit_works() -> None:
    assert lc.fit(X, Y, l2=0.1).report.converged


@pytest.mark.parametrize("solver", SOLVERS)
def test_exception_of_the_callback_arrives_unchanged(solver: str) -> None:
    mine = LookupError("mine", 7)

    def callback(state: lc.State) -> None:
        if state.iteration == 2:
            raise mine

    with pytest.raises(LookupError) as caught:
        lc.fit(X, Y, **SOLVERS[solver], callback=callback)
    assert caught.value is mine
    next_fit_works()


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("answer", [True, np.True_, 1])
def test_stop_request(solver: str, answer: Any) -> None:
    seen = []

    def callback(state: lc.State) -> Any:
        seen.append(state)
        return answer if state.iteration == 3 else None

    model = lc.fit(X, Y, **SOLVERS[solver], callback=callback)
    report = model.report
    assert report is not None
    assert (report.status, report.iterations, len(seen)) == ("stopped", 3, 3)
    np.testing.assert_array_equal(np.column_stack([model.coef, model.intercept]), seen[-1].w)
    assert not seen[-1].w.flags.writeable
    assert seen[0].seconds <= seen[-1].seconds
    assert "iteration=3" in repr(seen[-1])
    next_fit_works()


def test_an_answer_without_truth_is_an_error() -> None:
    with pytest.raises(ValueError, match="truth value"):
        lc.fit(X, Y, callback=lambda state: state.w)  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize("solver", [solver for solver in SOLVERS if solver not in AT_THE_OPTIMUM_SOON])
def test_time_limit(solver: str) -> None:
    with pytest.warns(lc.ConvergenceWarning, match="time limit"):
        model = lc.fit(X, Y, **SOLVERS[solver], time_limit=0.05, callback=lambda state: None)
    assert model.report is not None
    assert model.report.status == "time_limit"
    assert np.isfinite(model.coef).all()
    next_fit_works()


def test_memory_that_cannot_be_had() -> None:
    """One column a class too many: parameters that no machine holds."""
    with pytest.raises(MemoryError):
        lc.fit(np.broadcast_to(1.0, (2, 2**44)), [0, 1], loss="softmax")
    next_fit_works()


def run(body: str, **environment: str) -> str:
    """Runs a program with a long fit ready: its last words."""
    setup = """
    import os, signal, sys, threading, time
    import numpy as np
    import linclass_cpp as lc
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell starts with Ctrl-C ignored
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 50)); y = rng.integers(0, 5, 2000)
    lc.fit(X, y, l2=0.1)  # everything is loaded: a signal finds the next fit at its work
    long = dict(loss="softmax", solver="gd", schedule="constant", learning_rate=1e-9, tol=0, max_iter=10**9)
    def interrupt_when_begun(signal_number=signal.SIGINT):
        def send():
            begun.wait()
            time.sleep(0.3)
            os.kill(os.getpid(), signal_number)
        threading.Thread(target=send, daemon=True).start()
    begun = threading.Event()
    """
    code = (
        textwrap.dedent(setup)
        + textwrap.dedent(body)
        + "\nassert lc.fit(X, y, l2=0.1).report.converged\nprint('alive')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("alive\n")
    return result.stdout


def test_ctrl_c() -> None:
    out = run("""
    begun.set(); interrupt_when_begun()
    try:
        lc.fit(X, y, **long)
    except lc.Interrupted as interrupted:
        assert isinstance(interrupted, KeyboardInterrupt)
        model = interrupted.model
        assert model.report.status == "interrupted" and "interrupted" in model.report.reason
        assert model.predict(X).shape == y.shape and np.isfinite(model.coef).all()
        print("caught")
    """)
    assert "caught" in out


def test_ctrl_c_inside_one_long_pass() -> None:
    """A single read of X takes long: one row, repeated."""
    out = run("""
    wide = np.broadcast_to(rng.normal(size=20_000), (300_000, 20_000))
    labels = np.zeros(len(wide), dtype=np.int32); labels[0] = 1
    interrupt_when_begun(); begun.set()
    try:
        lc.fit(wide, labels, loss="logistic", l2=1e-3)
    except lc.Interrupted as interrupted:
        assert interrupted.model.report.reads <= 2
        print("caught")
    """)
    assert "caught" in out


def test_ctrl_c_before_the_first_iteration() -> None:
    """In the sample where preconditioned-lbfgs starts, in its preconditioner and in Newton's first Hessian."""
    out = run("""
    row = rng.normal(size=3000)
    wide = np.broadcast_to(row, (150_000, 3000))
    labels = np.arange(len(wide), dtype=np.int32) % 2
    second = "preconditioned-lbfgs"
    for solver, start in ((second, "zeros"), (second, "uniform"), ("newton-cholesky", "zeros")):
        begun.clear(); interrupt_when_begun(); begun.set()
        try:
            lc.fit(wide, labels, loss="logistic", l2=1e-6, solver=solver, start=start, tol=0, threads=1)
        except lc.Interrupted as interrupted:
            model = interrupted.model
            assert model.report.iterations == 0 and model.report.status == "interrupted", model.report
            assert np.isfinite(model.coef).all() and (start == "uniform" or not model.coef.any())
            assert model.report.reads <= 1, model.report
            print("caught", model.report.reads)
    """)
    assert out.count("caught") == 3


def test_ctrl_c_inside_the_callback_and_the_function() -> None:
    out = run("""
    def callback(state):
        if state.iteration == 3:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
    try:
        lc.fit(X, y, **long, callback=callback)
    except lc.Interrupted as interrupted:
        assert interrupted.model.report.status == "interrupted" and interrupted.model.report.iterations == 3
        print("caught one")
    def function(w):
        if calls.append(1) or len(calls) == 5:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        return float((w ** 4).sum()), 4 * w ** 3
    for first in (0, 4):
        calls = [1] * first
        try:
            lc.minimize(function, np.ones(3), solver="gd", tol=0)
        except lc.Interrupted as interrupted:
            assert np.isfinite(interrupted.model.w).all() and interrupted.model.report.status == "interrupted"
            print("caught two")
    """)
    assert out.count("caught one") == 1
    assert out.count("caught two") == 2


def test_ctrl_c_in_partial_fit() -> None:
    out = run("""
    wide = np.broadcast_to(rng.normal(size=20_000), (300_000, 20_000))
    trainer = lc.Trainer(classes=[0, 1]).partial_fit(wide[:9], np.arange(9) % 2)
    labels = np.arange(len(wide), dtype=np.int32) % 2
    interrupt_when_begun(); begun.set()
    try:
        trainer.partial_fit(wide, labels)
    except lc.Interrupted as interrupted:
        assert np.isfinite(interrupted.model.coef).all()
        print("caught")
    trainer.partial_fit(wide[:9], labels[:9])
    """)
    assert "caught" in out


def test_ctrl_c_elsewhere_does_not_touch_another_threads_fit() -> None:
    """Signals are handled in the main thread alone: the fit goes on to its own end."""
    out = run("""
    found = []
    def work():
        begun.set()
        found.append(lc.fit(X, y, **long | dict(time_limit=1.0), callback=lambda state: None))
        done.set()
    import warnings; warnings.simplefilter("ignore")
    done = threading.Event()
    interrupt_when_begun()
    try:
        threading.Thread(target=work).start()
        done.wait()
    except KeyboardInterrupt as interrupt:
        assert type(interrupt) is KeyboardInterrupt
        print("main")
    done.wait()
    print(found[0].report.status)
    """)
    assert "main\ntime_limit" in out


def test_a_signal_handlers_own_exception_passes_unchanged() -> None:
    out = run("""
    class Mine(Exception): pass
    mine = Mine()
    def handler(*_): raise mine
    signal.signal(signal.SIGTERM, handler)
    interrupt_when_begun(signal.SIGTERM); begun.set()
    try:
        lc.fit(X, y, **long)
    except Mine as caught:
        assert caught is mine
        print("caught")
    """)
    assert "caught" in out


def test_a_handler_that_returns_lets_the_fit_go_on() -> None:
    out = run("""
    heard = []
    signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
    interrupt_when_begun(signal.SIGTERM); begun.set()
    import warnings; warnings.simplefilter("ignore")
    print(lc.fit(X, y, **long | dict(time_limit=1.0)).report.status, heard)
    """)
    assert "time_limit [1]" in out


def in_threads(number: int, work: Callable[[int], Any]) -> None:
    threads = [threading.Thread(target=work, args=(i,)) for i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_fits_in_several_threads_at_once() -> None:
    expected = lc.fit(X, Y, l2=0.1, threads=1)
    found: list[lc.Model] = []
    in_threads(4, lambda i: found.append(lc.fit(X, Y, l2=0.1, threads=1 + i % 2, callback=lambda state: None)))
    assert len(found) == 4
    assert all(model == expected for model in found)


def test_signals_of_a_process_without_python_handlers() -> None:
    """SIGINT ignored: nothing happens."""
    out = run("""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupt_when_begun(); begun.set()
    import warnings; warnings.simplefilter("ignore")
    print(lc.fit(X, y, **long | dict(time_limit=1.0)).report.status)
    """)
    assert "time_limit" in out
