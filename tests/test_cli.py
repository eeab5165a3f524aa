"""The command line: every command on small files, its exit codes, and how it ends early."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import linclass_cpp as lc
import numpy as np
import pytest
from conftest import data_file, made
from linclass_cpp import datasets
from linclass_cpp.__main__ import main
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

for extra in ("typer", "rich", "polars"):
    pytest.importorskip(extra)

LINCLASS = [sys.executable, "-m", "linclass_cpp"]


def table(rows: int = 90) -> str:
    """Numbers, words and labels that follow from both."""
    X, y = made(rows, 2, 3, seed=1, zeros=0)
    names = np.array(["no", "perhaps", "yes"])
    lines = [f"{a:.4f},{b:.4f},{'xyz'[k]},{names[k]}" for (a, b), k in zip(X, y, strict=True)]
    return "\n".join(["a,b,c,Buy", *lines]) + "\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text(table())
    return tmp_path


def run(*arguments: object, code: int = 0) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert (end.value.code or 0) == code


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """What a command prints; of a failure, what it prints to stderr."""
    capsys.readouterr()
    run(*arguments, code=code)
    out, error = capsys.readouterr()
    return " ".join(error.split()) if code else out


def test_train_predict_evaluate_info(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "train", "data.csv", "--label", "Buy", "--cv", 5)
    for part in (
        "90 rows, 5 features, 3 classes",
        "P - min P <=",
        "model written to data.linclass",
        "5-fold cross-validation",
    ):
        assert part in out
    model = lc.load("data.linclass")
    assert model.feature_names == ["a", "b", "c=x", "c=y", "c=z"]
    X = datasets.load_table("data.csv", "Buy").X

    rows = said(capsys, "predict", "data.linclass", "data.csv", "--proba", "--scores").splitlines()
    assert rows[0] == "prediction,score(no),score(perhaps),score(yes),P(no),P(perhaps),P(yes)"
    read = [row.split(",") for row in rows[1:]]
    np.testing.assert_array_equal([row[0] for row in read], model.predict(X))
    np.testing.assert_array_equal(np.array([row[4:] for row in read], dtype=float), model.predict_proba(X))
    Path("new.csv").write_text("c,b,a\nx,0.5,1\nz,2,-1\n")  # other order, no label
    assert len(said(capsys, "predict", "data.linclass", "new.csv").splitlines()) == 3
    run("predict", "data.linclass", "data.csv", "--out", "p.npy", "--proba")
    np.testing.assert_array_equal(np.load("p.npy"), model.predict_proba(X))
    run("predict", "data.linclass", "data.csv", "-o", "p.csv")
    assert Path("p.csv").read_text().splitlines() == ["prediction", *model.predict(X)]

    found = json.loads(said(capsys, "evaluate", "data.linclass", "data.csv", "--json"))
    y = datasets.load_table("data.csv", "Buy").y
    assert found["accuracy"] == np.mean(model.predict(X) == y)
    assert "precision" in said(capsys, "evaluate", "data.linclass", "data.csv")
    listed = said(capsys, "info", "data.linclass", "--most", 2)
    assert "classes: no, perhaps, yes" in listed
    assert "c=" in listed
    told = json.loads(said(capsys, "info", "data.linclass", "--json"))
    np.testing.assert_array_equal(told["coef"], model.coef)


def test_train_as_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = json.loads(
        said(
            capsys,
            "train",
            "data.csv",
            "--label",
            -1,
            "--json",
            "--cv",
            3,
            "--test",
            "data.csv",
            "-o",
            "m",
            "--balanced",
        )
    )
    assert (result["model"], result["rows"], result["features"], result["converged"]) == ("m", 90, 5, True)
    assert len(result["cv"]["accuracies"]) == 3
    assert result["test"]["accuracy"] > 0.5


def test_the_fit_is_that_of_fit(here: Path) -> None:
    run("train", "data.csv", "--label", "Buy", "--l2", 0.01, "--no-standardize", "-o", "m", "-q")
    read = datasets.load_table("data.csv", "Buy")
    assert lc.load("m") == lc.fit(read.X, read.y, loss="softmax", l2=0.01)
    run("train", "data.csv", "--label", "Buy", "--l2", 0.01, "--loss", "logistic", "-o", "m", "-q")
    scaled = lc.fit(read.X, read.y, loss="logistic", l2=0.01, penalty_scale=read.X.std(axis=0))
    np.testing.assert_allclose(lc.load("m").coef, scaled.coef, rtol=1e-6)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "svm", "npy", "npz"])
def test_convert_and_every_format(suffix: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("data.csv").read_text().replace("perhaps", "1").replace("yes", "2").replace("no", "0")
    Path("numbers.csv").write_text(text)
    target = f"other.{suffix}"
    run("convert", "numbers.csv", target, "--label", "Buy")
    label = {"csv": ["--label", "Buy"], "tsv": ["--label", 5], "parquet": ["--label", "Buy"], "npy": ["--label", -1]}
    options = label.get(suffix, [])
    run("train", target, *options, "-o", "m", "-q", "--no-standardize")
    run("train", "numbers.csv", "--label", "Buy", "-o", "expected", "-q", "--no-standardize")
    np.testing.assert_allclose(lc.load("m").coef, lc.load("expected").coef, rtol=1e-6, atol=1e-9)
    plain = said(capsys, "predict", "m", target)
    Path(target + ".gz").write_bytes(gzip.compress(Path(target).read_bytes()))
    assert said(capsys, "predict", "m", target + ".gz") == plain
    piped = subprocess.run(
        [*LINCLASS, "predict", "m", "-"], input=Path(target).read_bytes(), capture_output=True, check=True
    )
    assert piped.stdout.decode() == plain


def test_convert_keeps_sparse_data_sparse(here: Path) -> None:
    X, y = made(50, 8, 2)
    dump_svmlight_file(X, y, "a.svm", zero_based=False)
    run("convert", "a.svm", "a.npz")
    run("convert", "a.npz", "b.svm")
    first, second = load_svmlight_file("a.svm"), load_svmlight_file("b.svm")
    np.testing.assert_array_equal(second[0].toarray(), first[0].toarray())
    np.testing.assert_array_equal(second[1], first[1])
    run("convert", "a.svm", "c.xls", code=1)


def test_convert_a_model_to_onnx(here: Path) -> None:
    pytest.importorskip("onnx")
    run("train", "data.csv", "--label", "Buy", "-o", "m", "-q")
    run("convert", "m", "m.onnx")
    assert Path("m.onnx").stat().st_size > 100


BROKEN = {
    "data.csv": (b"a,Buy\n1,x\n,y\n", "line 3, column a: the value is missing"),
    "data.tsv": (b"a\tBuy\n1\tx\n2\n", "line 3: 1 fields, but the first line names 2 columns"),
    "data.parquet": (b"PAR1broken", "as Parquet"),
    "data.svm": (b"1 1:2\n2 1:x\n", "line 2, column 5: expected a finite number, got 'x'"),
    "data.npy": (b"\x93NUMPY\x01\0", "is no NPY file"),
    "data.npz": (b"PK\x03\x04broken", "as NPZ"),
    "data.idx": (b"\0\0\x08\x03\0", "is cut off"),
    "data.csv.gz": (gzip.compress(b"a,Buy\n1,x\n")[:-4], "is no whole gzip file"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_end_with_1(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, sentence = BROKEN[name]
    Path(name).write_bytes(content)
    label = ["--label", "Buy"] if "csv" in name or name[5:] in ("tsv", "parquet") else []
    error = said(capsys, "train", name, *label, "-o", "m", code=1)
    assert name in error
    assert sentence in error
    assert not Path("m").exists()


WRONG = [
    (
        ["train", "data.csv"],
        "data.csv has no labels: name their column (--label) or their file (--labels): its columns are",
    ),
    (["train", "absent.csv", "--label", "Buy"], "cannot read absent.csv"),
    (["train", "data.csv", "--label", "Sell"], "has no column 'Sell'; its columns are a, b, c, Buy"),
    (["train", "data.csv", "--label", "Buy", "--cv", "50"], "--cv 50 wants 50 rows of every class"),
    (["train", "data.csv", "--label", "Buy", "--loss", "hing"], "hing"),
    (["train", "data.csv", "--label", "Buy", "--l2", "-1"], "l2"),
    (["train", "data.csv", "--no-such-option"], "--no-such-option"),
    (["train"], "Missing argument"),
    (["sing"], "sing"),
    (["predict", "absent", "data.csv"], "cannot read absent"),
    (["predict", "data.csv", "data.csv"], "data.csv"),
    (["plot", "m", "--shape", "big"], "--shape wants rows x columns such as 28x28, got 'big'"),
    (["evaluate", "m", "unlabelled.csv"], "has no labels to compare with"),
    (["evaluate", "m", "unknown.csv"], "column c: the level 'w' was not there in training (x, y, z)"),
    (["predict", "m", "narrow.csv"], "has no column 'c'"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_wrong_usage_ends_with_1(
    arguments: list[str], sentence: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "m" in arguments:
        run("train", "data.csv", "--label", "Buy", "-o", "m", "-q")
    Path("unlabelled.csv").write_text("a,b,c\n1,2,x\n")
    Path("unknown.csv").write_text("a,b,c,Buy\n1,2,w,no\n")
    Path("narrow.csv").write_text("a,b\n1,2\n")
    assert sentence in said(capsys, *arguments, code=1)


def test_unknown_levels_as_zeros(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("train", "data.csv", "--label", "Buy", "-o", "m", "-q")
    Path("unknown.csv").write_text("a,b,c,Buy\n1,2,w,no\n")
    assert said(capsys, "predict", "m", "unknown.csv", "--unknown-as-zeros").startswith("prediction\n")


def test_strict_ends_with_2(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = ["train", "data.csv", "--label", "Buy", "--solver", "lbfgs", "--max-iter", 1, "--tol", 1e-9, "-o", "m"]
    assert "not converged" in said(capsys, *short, "--strict", code=2)
    assert lc.load("m").report.status == "max_iter"
    run(*short)
    assert "warning" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT: IS NOT TESTED elsewhere")
@pytest.mark.parametrize("strict", [False, True])
def test_ctrl_c_writes_the_best_so_far(strict: bool, here: Path) -> None:
    X, y = made(3000, 50, 4)
    np.savez("data.npz", X=X, y=y)
    slow = [
        "train",
        "data.npz",
        "--solver",
        "sgd",
        "--max-iter",
        "1000000000",
        "-o",
        "m",
        *(["--strict"] if strict else []),
    ]
    process = subprocess.Popen([*LINCLASS, *slow], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):  # until it runs: the process has read its data when its threads compute
        time.sleep(0.05)
        if float(Path(f"/proc/{process.pid}/stat").read_text().split()[13]) > 150 if os.path.isdir("/proc") else True:
            break
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == (2 if strict else 0), error
    assert "interrupted: m holds the best model so far" in " ".join(error.split())
    assert lc.load("m").report.status == "interrupted"


def test_plot(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    run("train", "data.csv", "--label", "Buy", "-o", "m", "-q")
    out = said(capsys, "plot", "m", "data.csv", "-o", "pictures")
    names = {path.stem for path in Path("pictures").iterdir()}
    assert names == {"loss", "coefficients", "confusion", "roc", "precision_recall", "reliability"}
    assert all(f"pictures/{name}.png: " in out for name in names)
    run("train", "data.csv", "--label", "Buy", "-o", "m", "-q", "--loss", "hinge")
    run("plot", "m", "data.csv", "-o", "hinge")
    assert not Path("hinge/reliability.png").exists()


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("digits", {"loss", "weights", "confusion", "roc", "precision_recall", "reliability"}),
        ("plane", {"loss", "coefficients", "confusion", "roc", "precision_recall", "reliability", "regions"}),
        ("kid", {"loss", "coefficients", "confusion", "roc", "precision_recall", "reliability"}),
    ],
)
def test_demo(
    name: str, pictures: set[str], here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    if name == "kid":
        monkeypatch.setenv("LINCLASS_DATA", str(data_file("kid_creative.csv").parent))
    out = said(capsys, "demo", name, "-q")
    assert "test accuracy" in out
    assert {path.stem for path in Path(f"linclass-demo-{name}").iterdir()} == pictures


def test_kid_creative_end_to_end(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = data_file("kid_creative.csv")
    out = said(capsys, "train", data, "--label", "Buy", "--loss", "logistic", "--cv", 5)
    assert "673 rows, 16 features, 2 classes" in out
    assert "5-fold cross-validation: accuracy 0.9" in out
    found = json.loads(said(capsys, "evaluate", "kid_creative.linclass", data, "--json"))
    assert found["accuracy"] > 0.9


def test_help_and_the_flags_for_cpp(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--help"]):
        text = said(capsys, *arguments)
        for command in ("train", "predict", "evaluate", "info", "convert", "demo", "plot"):
            assert command in text
    hidden = "import sys; sys.modules['typer'] = None; from linclass_cpp.__main__ import main; main({})"

    def without_typer(arguments: list[str]) -> subprocess.CompletedProcess[str]:
        code = hidden.format(arguments)
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert without_typer(["--includes"]).stdout.startswith("-I")
    missing = without_typer(["demo"])
    assert missing.returncode == 1
    assert 'typer, which is missing: pip install "linclass_cpp[cli]"' in missing.stderr
