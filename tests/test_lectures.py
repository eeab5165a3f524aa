"""The formulas and the numbers of the lectures, run as they stand there; then the same on real data."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import linclass_cpp as lc
import numpy as np
import pytest
import reference
from conftest import data_file, quiet_fit
from linclass_cpp import build, functions

# ------------------------------------------------------------------------------------------- the page's own blocks

PAGE = Path(__file__).parents[1] / "docs" / "lectures.md"


def blocks(kind: str) -> list[tuple[int, str]]:
    """(first line, text) of each fenced block that opens with this line."""
    found = re.finditer(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [(match.string.count("\n", 0, match.start(1)) + 1, match[1]) for match in found]


def run_blocks(kind: str) -> None:
    """One after the other, with the names of those before; errors name the page's lines."""
    names: dict[str, object] = {}
    for line, text in blocks(kind):
        exec(compile("\n" * (line - 1) + text, str(PAGE), "exec"), names)


def test_python_blocks_of_the_page():
    assert len(blocks("python")) >= 12
    run_blocks("python")


def test_python_blocks_of_the_page_on_data(monkeypatch):
    monkeypatch.chdir(data_file("kid_creative.csv").parent)
    data_file("mnist/train-images-idx3-ubyte.gz")
    assert len(blocks("python data")) == 2
    run_blocks("python data")


def test_cpp_blocks_of_the_page(tmp_path):
    """Each a function of its own, without a warning, against the installed library."""
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        pytest.skip("no C++ compiler (c++, or the environment variable CXX)")
    (first, head), *rest = blocks("cpp")
    assert len(rest) >= 11
    text = f'#line {first} "{PAGE}"\n{head}'
    for line, body in rest:
        text += f'static void block_{line}() {{\n#line {line} "{PAGE}"\n{body}}}\n'
    text += "int main() {\n" + "".join(f"  block_{line}();\n" for line, _ in rest) + "}\n"
    source, program = tmp_path / "lectures.cpp", tmp_path / "lectures"
    source.write_text(text)
    libraries = Path(build.get_cmake_dir()).parents[1]
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    link = [f"-L{libraries}", "-llinclass", f"-Wl,-rpath,{libraries}"]
    command = [compiler, "-std=c++17", *warnings, "-I", build.get_include(), str(source), "-o", str(program), *link]
    for step in (command, [str(program)]):
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


# ------------------------------------------------------------------------------------- softmax and cross-entropy


def test_softmax_examples():
    np.testing.assert_allclose(functions.softmax([1, 2, 3, 2, 1]), [0.0674, 0.183, 0.498, 0.183, 0.0674], atol=5e-4)
    np.testing.assert_allclose(functions.softmax([5.6, 6.4, -4.6]), [0.31, 0.69, 0.00], atol=5e-3)


def test_scaling_the_scores_up_makes_softmax_one_hot():
    z = np.array([5.6, 6.4, -4.6])
    largest = [functions.softmax(scale * z).max() for scale in (1, 2, 5, 20, 1000)]
    assert largest == sorted(largest)
    np.testing.assert_array_equal(functions.softmax(1000 * z), [0, 1, 0])


def test_cross_entropy_example():
    Y = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], dtype=float)
    A = np.array(
        [[0.3792, 0.3104, 0.3104], [0.3072, 0.4147, 0.2780], [0.4263, 0.2248, 0.3490], [0.2668, 0.2978, 0.4354]]
    )
    expected = [0.969692, 0.880200, 1.05268, 0.831490]
    np.testing.assert_allclose(functions.cross_entropy(Y, A), expected, rtol=5e-6)
    assert functions.cross_entropy(Y, A).mean() == pytest.approx(0.9335, abs=5e-5)
    # The loss of scores log A is the same, up to the rounding of the outputs' sums.
    P = lc.Objective(np.eye(4), Y, loss="softmax", fit_intercept=False)
    assert P.value(np.log(A).T) == pytest.approx(0.9335, abs=2e-4)


# ------------------------------------------------------------------------------------------------- margin losses

SCORES = np.array([[5.6, -1.8, 2.0], [6.4, 10.2, 5.4], [-4.6, 3.5, -8.6]])  # columns are samples, of classes 0, 1, 2


@pytest.mark.parametrize(
    ("loss", "form", "per_sample", "mean"),
    [
        ("perceptron", "sum", [0.8, 0, 24.6], 8.4667),
        ("hinge", "sum", [1.8, 0, 26.6], 9.4667),
        ("squared_hinge", "sum", [3.24, 0, 359.56], 120.9333),
        ("hinge", "max", [1.8, 0, 15], 5.6),
    ],
)
def test_margin_losses_of_a_score_matrix(loss, form, per_sample, mean):
    """With X = I (a feature a sample) the scores are W itself, samples in columns."""
    options = {"loss": loss, "multiclass": form, "fit_intercept": False}
    P = lc.Objective(np.eye(3), [0, 1, 2], **options)
    assert P.value(SCORES) == pytest.approx(mean, abs=5e-5)
    np.testing.assert_array_equal(P.scores(SCORES), SCORES.T)
    for i, expected in enumerate(per_sample):
        s = np.zeros(3)
        s[i] = 1
        one = lc.Objective(np.eye(3), [0, 1, 2], sample_weight=s, **options)
        assert one.value(SCORES) == pytest.approx(expected, rel=1e-12, abs=1e-12)


# ----------------------------------------------------------------------------------------- bias trick and columns


@pytest.fixture(scope="module")
def example():
    rng = np.random.default_rng(7)
    X = rng.normal(size=(30, 4))
    return X, np.arange(30) % 3, rng.normal(size=(3, 5))


@pytest.mark.parametrize(
    "loss", ["softmax", "logistic", "squared", "hinge", "squared_hinge", "perceptron", "squared_sigmoid"]
)
def test_bias_as_last_column_equals_w_x_plus_b(example, loss):
    X, y, w = example
    with_ones = np.hstack([X, np.ones((30, 1))])
    P = lc.Objective(X, y, loss=loss)
    Q = lc.Objective(with_ones, y, loss=loss, fit_intercept=False)
    np.testing.assert_allclose(P.scores(w), X @ w[:, :-1].T + w[:, -1], rtol=1e-12)
    np.testing.assert_allclose(P.scores(w), Q.scores(w), rtol=1e-12)
    assert P.value(w) == pytest.approx(Q.value(w), rel=1e-12)
    np.testing.assert_allclose(P.value_and_gradient(w)[1], Q.value_and_gradient(w)[1], rtol=1e-10, atol=1e-14)


def test_samples_as_columns_are_passed_as_a_transposed_view(example):
    X, y, w = example
    columns = np.ascontiguousarray(X.T)  # d x n
    P, Q = lc.Objective(X, y, loss="softmax", l2=0.1), lc.Objective(columns.T, y, loss="softmax", l2=0.1)
    assert np.shares_memory(columns.T, columns)
    np.testing.assert_allclose(Q.value_and_gradient(w)[1], P.value_and_gradient(w)[1], rtol=1e-12, atol=1e-15)
    a, b = (lc.fit(A, y, loss="softmax", l2=0.1, tol=1e-10) for A in (X, columns.T))
    np.testing.assert_allclose(a.coef, b.coef, atol=1e-6)
    np.testing.assert_array_equal(a.predict(X), b.predict(columns.T))
    assert b.report.copies == 0


# ----------------------------------------------------------------------------------------------------- identities


def test_sigmoid_identities():
    z = np.linspace(-6, 6, 101)
    y = functions.sigmoid(z)
    step = 1e-5
    np.testing.assert_allclose(
        (functions.sigmoid(z + step) - functions.sigmoid(z - step)) / (2 * step), y * (1 - y), atol=1e-9
    )
    np.testing.assert_allclose(functions.logit(y), z, atol=1e-12)
    np.testing.assert_array_equal(y > 0.5, z > 0)
    np.testing.assert_allclose(1 - y, functions.sigmoid(-z), rtol=1e-12)


def test_softmax_jacobian():
    y = functions.softmax([0.2, -1.0, 3.0])
    J = functions.softmax_jacobian(y)
    for i in range(3):
        for j in range(3):
            assert J[i, j] == pytest.approx(y[i] * ((i == j) - y[j]), rel=1e-12)


def test_two_class_softmax_is_the_sigmoid_of_the_difference():
    z = np.random.default_rng(0).normal(size=(50, 2))
    np.testing.assert_allclose(functions.softmax(z)[:, 1], functions.sigmoid(z[:, 1] - z[:, 0]), rtol=1e-13)


def test_binary_cross_entropy_is_cross_entropy_of_two_classes():
    rng = np.random.default_rng(0)
    p, y = rng.random(20), rng.integers(0, 2, 20).astype(float)
    two_columns = functions.cross_entropy(np.column_stack([1 - y, y]), np.column_stack([1 - p, p]))
    np.testing.assert_allclose(two_columns, -(y * np.log(p) + (1 - y) * np.log(1 - p)), rtol=1e-13)
    assert -functions.log_likelihood(y, p) == pytest.approx(two_columns.sum(), rel=1e-13)
    X, w = rng.normal(size=(20, 3)), rng.normal(size=(1, 3))
    logistic = lc.Objective(X, y, loss="logistic", fit_intercept=False)
    softmax = lc.Objective(X, y, loss="softmax", fit_intercept=False)
    assert logistic.value(w) == pytest.approx(softmax.value(np.vstack([0 * w, w])), rel=1e-13)
    assert logistic.value(w) == pytest.approx(-functions.log_likelihood(y, functions.sigmoid(X @ w[0])) / 20, rel=1e-12)


def test_threshold_one_half_is_score_zero():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 3))
    y = (X[:, 0] + 0.5 * rng.normal(size=200) > 0).astype(int)
    model = lc.fit(X, y, loss="logistic", l2=0.01)
    np.testing.assert_array_equal(model.predict(X), (model.predict_proba(X)[:, 1] > 0.5).astype(int))
    np.testing.assert_array_equal(model.predict(X), (model.decision_function(X) > 0).astype(int))


def against_both(X, y, loss, w, expected, **options):
    """The lecture's gradient beside ours and beside the reference's."""
    options.update(loss=loss, fit_intercept=False)
    for P in (lc.Objective(X, y, **options).value_and_gradient(w)[1], reference.Objective(X, y, **options).gradient(w)):
        np.testing.assert_allclose(P, expected, rtol=1e-12, atol=1e-15)


def test_gradient_logistic(example):
    """X'(sigma(Xw) - y): a sum; ours is the mean."""
    X, y, w = example
    y, w = (y > 0).astype(float), w[0, :4]
    expected = X.T @ (functions.sigmoid(X @ w) - y) / len(y)
    against_both(X, y, "logistic", w[None], expected[None])


def test_gradient_softmax_with_samples_in_columns(example):
    """(softmax(WX) - Y) X' with X of shape d x n: a sum; ours is the mean."""
    X, y, w = example
    X, W, Y = np.ascontiguousarray(X.T), w[:, :4], functions.one_hot(y, 3).T
    expected = (functions.softmax(W @ X, axis=0) - Y) @ X.T / X.shape[1]
    against_both(X.T, y, "softmax", W, expected)
    against_both(X.T, np.ascontiguousarray(Y.T), "softmax", W, expected)


def test_gradient_softmax_with_samples_in_rows(example):
    """-(X'(Y - A))', A = softmax(X W'): a sum; ours is the mean."""
    X, y, w = example
    W, Y = w[:, :4], functions.one_hot(y, 3)
    A = functions.softmax(X @ W.T)
    against_both(X, y, "softmax", W, -(X.T @ (Y - A)).T / len(y))


@pytest.mark.parametrize(("loss", "margin"), [("perceptron", 0), ("hinge", 1)])
def test_gradient_of_margin_losses(example, loss, margin):
    """(1/n) P_adjusted X': in column i 1 where class j violates the margin, minus their number at the true class."""
    X, y, w = example
    W, n = w[:, :4], len(y)
    Z = W @ X.T
    adjusted = (Z - Z[y, np.arange(n)] + margin > 0).astype(float)
    adjusted[y, np.arange(n)] = 0
    adjusted[y, np.arange(n)] = -adjusted.sum(axis=0)
    against_both(X, y, loss, W, adjusted @ X / n)


def test_gradient_squared_error_through_the_sigmoid(example):
    """The lecture's 1/2 sum (sigma(z) - y)^2 has the gradient X'((sigma - y) sigma (1 - sigma)): n/2 times ours."""
    X, y, w = example
    y, w = (y > 0).astype(float), w[0, :4]
    p = functions.sigmoid(X @ w)
    lecture = X.T @ ((p - y) * p * (1 - p))
    against_both(X, y, "squared_sigmoid", w[None], (2 / len(y)) * lecture[None])


def test_ascent_on_the_likelihood_is_descent_on_the_loss(example):
    X, y, _ = example
    y = (y > 0).astype(float)
    eta, w = 0.05, np.zeros(4)
    for steps in range(1, 11):
        w = w + eta * X.T @ (y - functions.sigmoid(X @ w))
        model = quiet_fit(
            X,
            y,
            loss="logistic",
            solver="gd",
            schedule="constant",
            learning_rate=eta * len(y),
            max_iter=steps,
            tol=0,
            fit_intercept=False,
        )
        np.testing.assert_allclose(model.coef[0], w, rtol=1e-12)


def second_derivative(loss, z, y):
    P = lc.Objective(np.array([[1.0], [1.0]]), [1 - y, y], loss=loss, sample_weight=[0.0, 1.0], fit_intercept=False)
    return P.hessian(np.array([[z]]))[0, 0]


def test_squared_error_through_the_sigmoid_is_not_convex():
    """For y = 0 the second derivative changes sign at yhat = 2/3, for y = 1 at 1/3; that of BCE never does."""
    for y, edge in ((0, 2 / 3), (1, 1 / 3)):
        z = functions.logit(np.array([edge - 1e-6, edge, edge + 1e-6]))
        below, at, above = (second_derivative("squared_sigmoid", v, y) for v in z)
        assert abs(at) < 1e-12
        assert (below > 0 > above) if y == 0 else (below < 0 < above)
    rng = np.random.default_rng(0)
    for z in np.concatenate([rng.normal(size=50), 10 * rng.normal(size=50), [-1e4, 0, 1e4]]):
        for y in (0, 1):
            assert second_derivative("logistic", z, y) >= 0


# -------------------------------------------------------------------------------------- one example at a time, XOR


def test_one_example_at_a_time():
    """SGD with batch 1, in order, from w = 0, b = 0."""
    X, y = np.array([[1.0, 2.0], [2.0, -1.0], [-1.0, 0.5], [0.0, 1.0]]), np.array([1, 0, 1, 0])
    w, b, eta = np.zeros(2), 0.0, 0.1
    for epochs in range(1, 4):
        for x, target in zip(X, y, strict=True):
            error = functions.sigmoid(np.array([x @ w + b]))[0] - target
            w, b = w - eta * error * x, b - eta * error
        options = {"solver": "sgd", "batch_size": 1, "shuffle": False, "learning_rate": eta, "max_iter": epochs}
        model = quiet_fit(X, y, loss="logistic", **options)
        np.testing.assert_allclose(model.coef[0], w, rtol=1e-13)
        np.testing.assert_allclose(model.intercept[0], b, rtol=1e-13)


CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [0, 1, 1, 1]], ids=["and", "or"])
def test_perceptron_learns_separable_gates(labels):
    model = lc.fit(CORNERS, labels, loss="perceptron", solver="perceptron", shuffle=False)
    np.testing.assert_array_equal(model.predict(CORNERS), labels)
    assert model.report.status == "converged"
    assert model.report.mistakes == 0
    assert model.report.certificate == "mistakes"


def test_perceptron_says_that_xor_never_came_free_of_mistakes():
    with pytest.warns(UserWarning, match="mistake"):
        model = lc.fit(CORNERS, [0, 1, 1, 0], loss="perceptron", solver="perceptron", max_iter=50)
    assert model.report.status == "max_iter"
    assert model.report.mistakes > 0
    assert model.report.iterations == 50
    assert (model.predict(CORNERS) != [0, 1, 1, 0]).any()


# ------------------------------------------------------------------------------------------------------ real data


@pytest.mark.parametrize(
    ("loss", "multiclass", "least"),
    [("softmax", None, 0.92), ("logistic", None, 0.91), ("hinge", "max", 0.91), ("hinge", "sum", 0.91)],
)
def test_mnist(mnist, loss, multiclass, least):
    X, y, X_test, y_test = mnist
    model = quiet_fit(X, y, loss=loss, multiclass=multiclass, solver="sgd", max_iter=10, l2=1e-5)
    accuracy = (model.predict(X_test) == y_test).mean()
    assert accuracy >= least
    assert model.report.iterations <= 10
    assert model.report.copies == 0


@pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
def test_news20(news20, solver):
    X, y, X_test, y_test = news20
    model = quiet_fit(X, y, loss="softmax", l2=1 / (10 * X.shape[0]), solver=solver, tol=1e-2)
    assert (model.predict(X_test) == y_test).mean() >= 0.84
