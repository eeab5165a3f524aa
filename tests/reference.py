"""The slow and obvious version of every formula, in NumPy and float64: what the engine is compared with.

    P(W, b) = sum_i s_i loss(y_i, W x_i + b) / sum_i s_i + l2/2 sum_kj (c_j W_kj)^2 + l1 sum_kj c_j |W_kj|

n samples, d features, K outputs. X is (n, d), scores Z = X W' + b are (n, K), Y (n, K) holds the targets: one column of
0 and 1 for two classes (softmax: two columns), one-hot rows for more, the given matrix for labels and soft labels.
s (n) are sample weights, c (d) is the penalty scale. Parameters w are (K, d+1), the intercept b in the last column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

# ---------------------------------------------------------------------------------------------------- functions


def softplus(z):
    """log(1 + exp(z)) without overflow."""
    return np.logaddexp(0.0, z)


def sigmoid(z):
    return np.exp(-softplus(-np.asarray(z, dtype=np.float64)))


def log_softmax(z, axis=-1):
    """z - max - log(1 + sum over the others of exp(z - max)), which keeps what little the others add."""
    z = np.asarray(z, dtype=np.float64)
    shifted = z - z.max(axis=axis, keepdims=True)
    others = np.exp(shifted)
    np.put_along_axis(others, np.expand_dims(z.argmax(axis=axis), axis), 0.0, axis)
    return shifted - np.log1p(others.sum(axis=axis, keepdims=True))


def softmax(z, axis=-1):
    return np.exp(log_softmax(z, axis))


def soft(w, threshold):
    """The proximal step of threshold * |w|: soft thresholding."""
    return np.sign(w) * np.maximum(np.abs(w) - threshold, 0.0)


def one_hot(codes, classes):
    return np.eye(classes)[codes]


# ------------------------------------------------------------------------------------------------------- losses
# Each maps (Z, Y) to: the loss of every row (n,), the residual d loss / d z (n, K), the Hessian of every row (n, K, K).


def diagonal(D):
    """Matrices with the rows of D on their diagonals."""
    return D[:, :, None] * np.eye(D.shape[1])


class Logistic:
    """sum_k log(1 + exp(-(2 y_k - 1) z_k)), for y_k between 0 and 1 the mixture of both ends."""

    convex = smooth = True

    def value(self, Z, Y):
        return (Y * softplus(-Z) + (1 - Y) * softplus(Z)).sum(axis=1)

    def residual(self, Z, Y):
        return sigmoid(Z) - Y

    def hessian(self, Z, _):
        return diagonal(sigmoid(Z) * sigmoid(-Z))


class Softmax:
    """log sum_k exp(z_k) - Y.z = -sum_k y_k log softmax(z)_k, where the rows of Y sum to 1."""

    convex = smooth = True

    def value(self, Z, Y):
        return -(Y * log_softmax(Z)).sum(axis=1)

    def residual(self, Z, Y):
        return softmax(Z) - Y

    def hessian(self, Z, _):
        p = softmax(Z)
        return diagonal(p) - p[:, :, None] * p[:, None, :]


class SquaredSigmoid:
    """sum_k (y_k - sigma(z_k))^2. Not convex."""

    convex, smooth = False, True

    def value(self, Z, Y):
        return ((Y - sigmoid(Z)) ** 2).sum(axis=1)

    def residual(self, Z, Y):
        p = sigmoid(Z)
        return 2 * (p - Y) * p * (1 - p)

    def hessian(self, Z, Y):
        p = sigmoid(Z)
        slope = p * (1 - p)
        return diagonal(2 * slope * (slope + (p - Y) * (1 - 2 * p)))


class Squared:
    """sum_k (t_k - z_k)^2 with t = 2y - 1."""

    convex = smooth = True

    def value(self, Z, Y):
        return ((2 * Y - 1 - Z) ** 2).sum(axis=1)

    def residual(self, Z, Y):
        return 2 * (Z - (2 * Y - 1))

    def hessian(self, Z, _):
        return diagonal(np.full_like(Z, 2.0))


# phi(m), phi'(m), phi''(m) of the margin losses. At a kink the derivative is that of the mistake side.
MARGIN: dict[str, tuple[Callable, Callable, Callable]] = {
    "perceptron": (lambda m: np.maximum(0, -m), lambda m: -1.0 * (m <= 0), lambda m: 0.0 * m),
    "hinge": (lambda m: np.maximum(0, 1 - m), lambda m: -1.0 * (m <= 1), lambda m: 0.0 * m),
    "squared_hinge": (
        lambda m: np.maximum(0, 1 - m) ** 2,
        lambda m: -2 * np.maximum(0, 1 - m),
        lambda m: 2.0 * (m <= 1),
    ),
}


class Margin:
    """phi(m), m = (2y - 1) z. More classes: sum over j != y of phi(z_y - z_j), or their largest; "ovr": sum over k."""

    convex = True

    def __init__(self, name, form):
        self.phi, self.slope, self.curvature = MARGIN[name]
        self.form = form
        self.smooth = name == "squared_hinge"

    def margins(self, Z, Y):
        """Rows of margins m = A z and their A (n, margins, K): every form is phi of some linear maps of the scores."""
        n, K = Z.shape
        if K == 1 or self.form == "ovr":
            A = diagonal(2 * Y - 1)
        else:
            y = Y.argmax(axis=1)
            A = Y[:, None, :] - np.eye(K)  # row j is e_y - e_j
            others = np.arange(K) != y[:, None]
            if self.form == "max":  # the strongest rival alone, the first on ties
                rival = np.where(others, Z, -np.inf).argmax(axis=1)
                A = A[np.arange(n), rival][:, None, :]
            else:
                A = A[others].reshape(n, K - 1, K)
        return np.einsum("imk,ik->im", A, Z), A

    def value(self, Z, Y):
        m, _ = self.margins(Z, Y)
        return self.phi(m).sum(axis=1)

    def residual(self, Z, Y):
        m, A = self.margins(Z, Y)
        return np.einsum("imk,im->ik", A, self.slope(m))

    def hessian(self, Z, Y):
        m, A = self.margins(Z, Y)
        return np.einsum("imk,im,iml->ikl", A, self.curvature(m), A)


def loss_named(name, form="sum"):
    simple = {"logistic": Logistic, "softmax": Softmax, "squared_sigmoid": SquaredSigmoid, "squared": Squared}
    return simple[name]() if name in simple else Margin(name, form)


def targets(y, loss):
    """Y (n, K) from labels or from a matrix."""
    y = np.asarray(y)
    if y.ndim == 2:
        return y.astype(np.float64)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) == 2 and loss != "softmax":
        return codes[:, None].astype(np.float64)
    return one_hot(codes, len(classes))


# ---------------------------------------------------------------------------------------------------- objective


class Objective:
    """P and its derivatives. The arguments are those of linclass_cpp.Objective."""

    def __init__(
        self,
        X,
        y,
        loss="softmax",
        l1=0.0,
        l2=0.0,
        penalty_scale=None,
        sample_weight=None,
        fit_intercept=True,
        multiclass=None,
    ):
        X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
        self.X = X.astype(np.float64)
        self.n, self.d = X.shape
        self.Y = targets(y, loss)
        self.K = self.Y.shape[1]
        self.loss = loss_named(loss, multiclass or "sum")
        self.l1, self.l2 = l1, l2
        self.c = np.ones(self.d) if penalty_scale is None else np.asarray(penalty_scale, dtype=np.float64)
        self.s = np.ones(self.n) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        self.intercept = fit_intercept
        # The bias trick: a column of ones, whose parameters the penalty leaves alone.
        self.A = np.hstack([self.X, np.ones((self.n, 1))]) if fit_intercept else self.X
        self.c1 = np.append(self.c, 0.0) if fit_intercept else self.c
        self.shape = (self.K, self.A.shape[1])

    def scores(self, w):
        return self.A @ np.reshape(w, self.shape).T

    def penalty(self, w):
        w = np.reshape(w, self.shape)
        return self.l2 / 2 * ((self.c1 * w) ** 2).sum() + self.l1 * (self.c1 * np.abs(w)).sum()

    def value(self, w):
        loss = self.loss.value(self.scores(w), self.Y)
        return (self.s @ loss) / self.s.sum() + self.penalty(w)

    def loss_gradient(self, w, rows=slice(None)):
        """Sum over rows of s_i r_i x_i', divided by the sum of all weights."""
        R = self.loss.residual(self.scores(w)[rows], self.Y[rows])
        return (self.s[rows, None] * R).T @ self.A[rows] / self.s.sum()

    def smooth_gradient(self, w):
        """Gradient of everything but the l1 term."""
        return self.loss_gradient(w) + self.l2 * self.c1**2 * np.reshape(w, self.shape)

    def gradient(self, w):
        """The subgradient of |w| at 0 is 0."""
        return self.smooth_gradient(w) + self.l1 * self.c1 * np.sign(np.reshape(w, self.shape))

    def minimum_norm_subgradient(self, w):
        w = np.reshape(w, self.shape)
        g, t = self.smooth_gradient(w), self.l1 * self.c1
        return np.where(w == 0, soft(g, t), g + t * np.sign(w))

    def hessian(self, w):
        """(K(d+1), K(d+1)), rows and columns ordered as w.ravel(). squared_hinge: the generalised Hessian."""
        H = self.loss.hessian(self.scores(w), self.Y)
        blocks = np.einsum("i,ikl,ia,ib->kalb", self.s / self.s.sum(), H, self.A, self.A, optimize=True)
        size = self.K * self.A.shape[1]
        return blocks.reshape(size, size) + self.l2 * np.diag(np.tile(self.c1**2, self.K))

    def curvature_times(self, w, v):
        """Row by row: with many columns there is no room for the matrix."""
        v = np.reshape(v, self.shape)
        dZ = np.einsum("ikl,il->ik", self.loss.hessian(self.scores(w), self.Y), self.A @ v.T)
        return (self.s[:, None] * dZ).T @ self.A / self.s.sum() + self.l2 * self.c1**2 * v

    def best_intercept(self, w):
        """Parameters with b at its optimum for this W, by Newton's method (softmax: one of the equivalent b)."""
        w = np.array(np.reshape(w, self.shape), dtype=np.float64)
        weights = self.s / self.s.sum()
        loss_at = lambda b: weights @ self.loss.value(Z + b, self.Y)  # noqa: E731
        Z = self.scores(np.column_stack([w[:, :-1], np.zeros(self.K)]))
        for _ in range(200):
            b = w[:, -1]
            g = weights @ self.loss.residual(Z + b, self.Y)
            H = np.tensordot(weights, self.loss.hessian(Z + b, self.Y), axes=1)
            step = np.linalg.lstsq(H + 1e-12 * np.eye(self.K), g, rcond=None)[0]
            before, rate = loss_at(b), 1.0
            while loss_at(b - rate * step) > before + 1e-14 * abs(before) and rate > 1e-9:
                rate /= 2
            if np.abs(g).max() < 1e-15 or rate <= 1e-9:
                break
            w[:, -1] = b - rate * step
        return w

    def gap(self, w):
        """P(W, b) - min P is at most this (convex differentiable loss, l2 > 0, c > 0), b* the best intercept for W:

        gap = P(W,b) - P(W,b*) + sum_kj [l1 c|w| + l2/2 c^2 w^2 + w g + max(|g| - l1 c, 0)^2 / (2 l2 c^2)],
        g the gradient of the loss at (W, b*): the duality gap at the dual point that the residuals give.
        """
        w = np.reshape(w, self.shape)
        best = self.best_intercept(w) if self.intercept else w
        W, g = best[:, : self.d], self.loss_gradient(best)[:, : self.d]
        terms = (
            self.l1 * self.c * np.abs(W)
            + self.l2 / 2 * (self.c * W) ** 2
            + W * g
            + np.maximum(np.abs(g) - self.l1 * self.c, 0) ** 2 / (2 * self.l2 * self.c**2)
        )
        return self.value(w) - self.value(best) + terms.sum()

    def measure(self, w):
        """The scaled gradient: max_kj |g_kj| / rms(x_j) / rms(|r| at W = 0), g the minimum-norm subgradient."""
        weights = self.s / self.s.sum()
        R = self.loss.residual(np.zeros((self.n, self.K)), self.Y)
        rms = np.sqrt(weights @ self.A**2)
        rms[rms == 0] = 1
        return (np.abs(self.minimum_norm_subgradient(w)) / rms).max() / np.sqrt((weights @ R**2).sum())

    def minimum(self, iterations=20000):
        """The optimum of a convex smooth loss, small data: Newton; with l1 by accelerated proximal steps."""
        w = np.zeros(self.shape)
        if self.l1 == 0:
            for _ in range(200):
                step = np.linalg.lstsq(self.hessian(w), self.gradient(w).ravel(), rcond=1e-14)[0].reshape(self.shape)
                rate = 1.0
                while self.value(w - rate * step) > self.value(w) and rate > 1e-12:
                    rate /= 2
                if rate <= 1e-12 or np.abs(step).max() < 1e-15:
                    break
                w = w - rate * step
            return w
        bound = {Logistic: 0.25, Softmax: 0.5, Squared: 2.0}.get(type(self.loss), 2.0 * self.K)
        weights = self.s / self.s.sum()
        L = bound * np.linalg.eigvalsh(self.A.T @ (weights[:, None] * self.A)).max() + self.l2 * (self.c**2).max()
        v, t = w, 1.0
        for _ in range(iterations):
            new = soft(v - self.smooth_gradient(v) / L, self.l1 * self.c1 / L)
            t_new = (1 + np.sqrt(1 + 4 * t * t)) / 2
            restart = ((v - new) * (new - w)).sum() > 0  # O'Donoghue and Candes 2015
            v = new if restart else new + (t - 1) / t_new * (new - w)
            w, t = new, 1.0 if restart else t_new
        return w


# ------------------------------------------------------------------------------------------------------ solvers


def rate_at(schedule, eta0, step, epoch, decay=1e-4, power=1.0, factor=0.5, step_epochs=1):
    """Eta over time; `step` counts from 0, `epoch` from 0. "adaptive" is left to the caller, who knows the means."""
    if schedule == "inverse":
        return eta0 / (1 + decay * step) ** power
    if schedule == "step":
        return eta0 * factor ** (epoch // step_epochs)
    return eta0


class Random:
    """SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = 2**64 - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def permutation(self, n):
        """By Fisher and Yates."""
        order = np.arange(n)
        for i in range(n, 1, -1):
            j = ((self.next() >> 32) * i) >> 32
            order[[i - 1, j]] = order[[j, i - 1]]
        return order


def batches(n, size, random=None, whole=False):
    """The rows of each batch of an epoch: in order; shuffled; or (`whole`) ranges of rows that are shuffled."""
    if random is None:
        order = np.arange(n)
    elif whole:
        starts = random.permutation(-(-n // size)) * size
        return [np.arange(start, min(start + size, n)) for start in starts]
    else:
        order = random.permutation(n)
    return [order[start : start + size] for start in range(0, n, size)]


def sgd(
    P: Objective,
    w,
    epochs: int,
    learning_rate: float,
    batch_size=32,
    update="plain",
    momentum=0.9,
    beta2=0.999,
    schedule="constant",
    factor=0.5,
    face_value=False,
    seed=None,
    whole=False,
    **options: Any,
) -> Iterator[tuple[np.ndarray, float]]:
    """Minibatch descent, through the rows in order or shuffled by `seed`; yields w and the mean loss of each epoch.

    The gradient of a batch is (n / sum s) sum_batch s_i g_i / |batch| + l2 c^2 w: over an epoch its mean is the
    gradient of P. `face_value`: without the factor n / sum s. l1 follows each step as a proximal step.
    """
    w = np.array(np.reshape(w, P.shape), dtype=np.float64)
    v, second = np.zeros_like(w), np.zeros_like(w)
    step, eta0, last = 0, learning_rate, np.inf
    random = None if seed is None else Random(seed)
    for epoch in range(epochs):
        total = 0.0
        for rows in batches(P.n, batch_size, random, whole):
            eta = rate_at(schedule, eta0, step, epoch, factor=factor, **options)
            total += P.s[rows] @ P.loss.value(P.scores(w)[rows], P.Y[rows])
            scale = (P.s.sum() if face_value else P.n) / len(rows)
            g = scale * P.loss_gradient(w, rows) + P.l2 * P.c1**2 * w
            step += 1
            if update == "plain":
                direction = g
            elif update == "momentum":
                direction = v = momentum * v + g
            elif update == "nesterov":
                v = momentum * v + g
                direction = g + momentum * v
            else:  # adam
                v = momentum * v + (1 - momentum) * g
                second = beta2 * second + (1 - beta2) * g**2
                direction = v / (1 - momentum**step) / (np.sqrt(second / (1 - beta2**step)) + 1e-8)
            w = soft(w - eta * direction, eta * P.l1 * P.c1)
        mean = total / P.s.sum()
        if schedule == "adaptive" and not mean < last:
            eta0 *= factor
        last = mean
        yield w.copy(), mean


def gd(P: Objective, w, iterations: int, learning_rate: float, adaptive=False) -> Iterator[np.ndarray]:
    """Batch (proximal) gradient descent. adaptive: rate times 1.2 while P falls; else step back and halve."""
    w, eta = np.array(np.reshape(w, P.shape), dtype=np.float64), learning_rate
    done = 0
    while done < iterations:
        new = soft(w - eta * P.smooth_gradient(w), eta * P.l1 * P.c1)
        if adaptive and P.value(new) > P.value(w):
            eta /= 2
            continue
        w, eta, done = new, eta * (1.2 if adaptive else 1.0), done + 1
        yield w.copy()


def perceptron(P: Objective, w, epochs: int, learning_rate=1.0) -> Iterator[tuple[np.ndarray, int]]:
    """Rosenblatt's rule, samples in order: on a mistake alone w_y += x and w_rival -= x. A tie is a mistake."""
    w = np.array(np.reshape(w, P.shape), dtype=np.float64)
    for _ in range(epochs):
        mistakes = 0
        for x, y in zip(P.A, P.Y, strict=True):
            z = w @ x
            if P.K == 1:
                t = 2 * y[0] - 1
                if t * z[0] <= 0:
                    w[0] += learning_rate * t * x
                    mistakes += 1
            else:
                own = int(y.argmax())
                rival = int(np.where(np.arange(P.K) != own, z, -np.inf).argmax())
                if z[rival] >= z[own]:
                    w[own] += learning_rate * x
                    w[rival] -= learning_rate * x
                    mistakes += 1
        yield w.copy(), mistakes
        if mistakes == 0:
            return


# -------------------------------------------------------------------------------------------------- predictions


def predict(Z):
    """Class codes: K = 1: z > 0; else the argmax, the first on ties."""
    return (Z[:, 0] > 0).astype(int) if Z.shape[1] == 1 else Z.argmax(axis=1)


def log_proba(Z, loss, multilabel=False):
    """The logarithm of softmax(z); of sigma(z) for one output and labels; for more classes sigma(z) scaled to sum 1."""
    if loss == "softmax":
        return log_softmax(Z)
    log_p = -softplus(-Z)
    if multilabel:
        return log_p
    if Z.shape[1] == 1:
        return np.hstack([-softplus(Z), log_p])
    return log_softmax(log_p)


def proba(Z, loss, multilabel=False):
    return np.exp(log_proba(Z, loss, multilabel))
