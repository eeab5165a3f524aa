"""The picture of the README: the weights of softmax regression on MNIST. Needs matplotlib and LINCLASS_DATA."""

import sys
from pathlib import Path

import linclass_cpp as lc
import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
import problems

X, y = problems.mnist(np.float32)
model = lc.fit(X, y, loss="softmax", l2=1e-2, tol=1e-3)
print(model.report)
most = np.abs(model.coef).max()
figure, axes = plt.subplots(1, 10, figsize=(10, 1.25), dpi=80)
for digit, axis in enumerate(axes):
    axis.imshow(model.coef[digit].reshape(28, 28), cmap="RdBu_r", vmin=-most, vmax=most)
    axis.set_title(str(digit), fontsize=9, pad=2)
    axis.axis("off")
figure.subplots_adjust(0.005, 0.01, 0.995, 0.86, wspace=0.05)
figure.savefig(Path(__file__).with_suffix(".png"))
