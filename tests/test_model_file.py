"""Model files: everything comes back, damage of any kind is an Error. (With C++: test_consumers.py.)"""

from __future__ import annotations

import pickle
import sys
import zlib
from pathlib import Path
from typing import Any

import linclass_cpp as lc
import numpy as np
import pandas as pd
import pytest
from conftest import made

X, CODES = made(80, 4, 3)

LABELS: dict[str, Any] = {
    "int": CODES * 10 - 5,
    "int8": CODES.astype(np.int8),
    "uint64": CODES.astype(np.uint64),
    "float": CODES * 1.0,
    "bool": CODES > 0,
    "string": np.array(["", "höher", "a much longer name"])[CODES],
    "object": np.array(["north", "east", "south"], dtype=object)[CODES],
    "objects that are ints": CODES.astype(object),
    "pandas": pd.Series(np.array(["x", "y", "z"])[CODES]),
}


def fitted(y: Any = CODES, loss: str = "softmax", X: Any = X, **options: Any) -> lc.Model:
    return lc.fit(X, y, loss=loss, l2=0.1, **options)


@pytest.mark.parametrize("kind", LABELS)
def test_labels_come_back(kind: str, tmp_path: Path) -> None:
    model = fitted(LABELS[kind])
    model.save(tmp_path / "model")
    again = lc.load(tmp_path / "model")
    assert again == model
    assert again.predict(X).tolist() == model.predict(X).tolist()
    assert type(again.predict(X).tolist()[0]) is type(model.predict(X).tolist()[0])


@pytest.mark.parametrize("how", ["file", "pickle"])
def test_everything_comes_back(how: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "", "length in m"])
    model = fitted(X=frame, penalty_scale=[1, 2, 3, 0.5])
    model.extra = {"dropped": ["id"], "levels": {"colour": ["red", "grün"]}, "number": 0.1, "none": None}
    if how == "file":
        model.save(tmp_path / "model")
        again = lc.load(str(tmp_path / "model"))
    else:
        again = pickle.loads(pickle.dumps(model))
    assert again == model
    assert again.coef.tobytes() == model.coef.tobytes()
    assert again.decision_function(X).tobytes() == model.decision_function(X).tobytes()
    assert again.feature_names == model.feature_names == list(frame.columns)
    assert again.extra == model.extra
    np.testing.assert_array_equal(again.scale, [1, 2, 3, 0.5])
    for name in dir(model.report):
        if not name.startswith("_"):
            a, b = getattr(model.report, name), getattr(again.report, name)
            assert a == b or (np.isnan(a) and np.isnan(b)), name


@pytest.mark.parametrize(
    "model",
    [
        fitted((np.arange(80) % 2).reshape(-1, 1), "logistic"),
        fitted(np.eye(3)[CODES], "logistic"),
        fitted(CODES > 0, "logistic"),
        fitted(CODES, "hinge", multiclass="ovr", max_iter=2),
        fitted(CODES, "squared_hinge"),
    ],
    ids=["one label", "labels", "binary", "ovr", "sum"],
)
def test_every_kind_comes_back(model: lc.Model, tmp_path: Path) -> None:
    model.report = None
    model.save(tmp_path / "model")
    again = lc.load(tmp_path / "model")
    assert again == model
    assert (again.report, again.feature_names, again.scale, again.extra) == (None, None, None, {})
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_the_documented_layout(tmp_path: Path) -> None:
    """As docs/model-file.md has it: the coefficients lie at byte 64, so they can be mapped."""
    model = fitted()
    model.save(tmp_path / "model")
    raw = (tmp_path / "model").read_bytes()
    assert raw[:8] == b"LINCLASS"
    assert np.frombuffer(raw, "<u4", 2, 8).tolist() == [1, zlib.crc32(raw[16:])]
    assert np.frombuffer(raw, "<u8", 4, 16).tolist() == [len(raw), 4, 3, 3]
    assert np.frombuffer(raw, "<u4", 4, 48).tolist() == [1, 0, 0, 8]
    np.testing.assert_array_equal(np.frombuffer(raw, "<f8", 3, 64 + 128), model.intercept)
    np.testing.assert_array_equal(np.frombuffer(raw, "<i8", 3, 64 + 192), model.classes)


def test_the_page_reads_a_file_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[1] / "docs" / "model-file.md").read_text(encoding="utf-8")
    model = fitted()
    model.save(tmp_path / "model.linclass")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)
    np.testing.assert_array_equal(names["coef"], model.coef)
    np.testing.assert_array_equal(names["intercept"], model.intercept)
    del names["coef"]  # unmaps


def test_writing_is_whole_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model"
    fitted().save(path)
    before = path.read_bytes()
    model = fitted(CODES > 0)
    model.feature_names = ["one"]
    with pytest.raises(lc.Error, match="one name a feature, got 1 for 4"):
        model.save(path)
    assert path.read_bytes() == before
    model.feature_names = None
    left = ["model"]
    if sys.platform != "win32":  # where links need rights
        link = tmp_path / "link"
        link.symlink_to(path)
        model.save(link)
        assert link.is_symlink()
        assert lc.load(path) == model
        left = ["link", "model"]
    assert sorted(file.name for file in tmp_path.iterdir()) == left
    for where in (tmp_path / "none" / "model", tmp_path):
        with pytest.raises(lc.Error, match="cannot write"):
            model.save(where)
    assert sorted(file.name for file in tmp_path.iterdir()) == left


def test_an_estimator_comes_back(tmp_path: Path) -> None:
    from linclass_cpp import LogisticRegression

    estimator = LogisticRegression(C=0.5, standardize=True).fit(X, LABELS["string"])
    estimator.save(tmp_path / "model")
    again = lc.load(tmp_path / "model")
    assert again.get_params() == estimator.get_params()
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))
    np.testing.assert_allclose(again.model_.scale, X.std(axis=0))


@pytest.mark.parametrize(
    "notes",
    [
        7,
        [],
        {},
        {"class": "dict"},
        {"class": []},
        {"class": "LogisticRegression", "dtype": "no type"},
        {"class": "LogisticRegression", "dtype": 7},
        {"class": "LogisticRegression", "parameters": [1]},
        {"class": "LogisticRegression", "parameters": {"C": {"pairs": 7}}},
        {"class": "LogisticRegression", "parameters": {"C": {"number": "x"}}},
    ],
    ids=str,
)
def test_hostile_notes_of_an_estimator_are_errors(notes: Any, tmp_path: Path) -> None:
    model = fitted()
    model.extra["estimator"] = notes
    model.save(tmp_path / "model")
    with pytest.raises(lc.Error):
        lc.load(tmp_path / "model")


def with_classes(classes: Any) -> lc.Model:
    model = fitted()
    model.classes = np.asarray(classes)
    return model


def with_attribute(name: str, value: Any) -> lc.Model:
    model = fitted()
    setattr(model, name, value)
    return model


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (with_classes(np.array(["2020", "2021", "2022"], "M8[Y]")), "whole numbers, floats, bools or strings"),
        (with_classes(np.array([b"a", b"b", b"c"])), "whole numbers, floats, bools or strings"),
        (with_classes(np.array([1, "b", 3], object)), "whole numbers, floats, bools or strings"),
        (with_classes(np.array([1, 2, 2**64 - 1], np.uint64)), "64 bits"),
        (with_classes(["a", "b", "\ud800"]), "classes must be UTF-8"),
        (with_classes([1, 2]), "one label a class, got 2 for 3"),
        (with_attribute("extra", [1]), "extra must be a dict, got list"),
        (with_attribute("extra", {"a": object()}), "that JSON can hold"),
        (with_attribute("extra", {"a": float("nan")}), "that JSON can hold"),
        (with_attribute("feature_names", [1, 2, 3, 4]), "feature_names must be strings"),
        (with_attribute("scale", [1.0]), "scale must hold 4 numbers, got 1"),
        (with_attribute("scale", [1, 1, 1, np.nan]), "scale must be finite"),
    ],
    ids=lambda value: "" if isinstance(value, lc.Model) else value[:24],
)
def test_what_cannot_be_saved(model: lc.Model, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(lc.Error) as caught:
        model.save(tmp_path / "model")
    assert sentence in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_what_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        lc.load(tmp_path / "none")
    with pytest.raises(lc.Error, match="Is a directory"):
        lc.load(tmp_path)
    for content in (b"", b"LINCLASS", b"PK\x03\x04" + bytes(100)):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(lc.Error, match="no model file of linclass"):
            lc.load(tmp_path / "other")
    fitted().save(tmp_path / "model")
    raw = bytearray((tmp_path / "model").read_bytes())
    raw[8] = 2
    (tmp_path / "model").write_bytes(raw)
    with pytest.raises(lc.Error, match="version 2 and this library reads version 1"):
        lc.load(tmp_path / "model")


# --------------------------------------------------------------------------------------------------------- damage


def repaired(raw: bytes) -> bytes:
    """Size and checksum agree with what there is."""
    if len(raw) < 64:
        return raw
    tail = len(raw).to_bytes(8, "little") + raw[24:]
    return raw[:12] + zlib.crc32(tail).to_bytes(4, "little") + tail


def loads(path: Path, raw: bytes) -> bool:
    path.unlink(missing_ok=True)  # some file systems wait for the disk when a file is overwritten
    path.write_bytes(raw)
    try:
        lc.load(path)
    except lc.Error:
        return False
    return True


@pytest.fixture
def rich(tmp_path: Path) -> bytes:
    """A file with every section."""
    model = fitted(LABELS["string"], X=pd.DataFrame(X, columns=list("abcd")), penalty_scale=np.ones(4))
    model.extra = {"key": [1, 2, {"deep": "value"}]}
    model.save(tmp_path / "rich")
    return (tmp_path / "rich").read_bytes()


def test_damaged_files_are_errors(rich: bytes, tmp_path: Path) -> None:
    """10,000 of them: every byte flipped, every length, and random damage."""
    rng = np.random.default_rng(0)
    path = tmp_path / "damaged"
    variants = [rich[:length] for length in range(len(rich))]
    bits = rng.integers(8, size=len(rich))
    variants += [rich[:at] + bytes([rich[at] ^ (1 << int(bits[at]))]) + rich[at + 1 :] for at in range(len(rich))]
    while len(variants) < 10_000:
        raw = bytearray(rich)
        at, size = (int(number) for number in rng.integers(len(rich), size=2))
        kind = rng.integers(4)
        if kind == 0:
            del raw[at : at + 1 + size % 64]
        elif kind == 1:
            raw[at:at] = rng.bytes(1 + size % 64)
        elif kind == 2:
            raw[at : at + 1 + size] = rng.bytes(len(raw[at : at + 1 + size]))
        else:
            for _ in range(2 + size % 8):
                raw[int(rng.integers(len(raw)))] ^= 1 << int(rng.integers(8))
        if bytes(raw) != rich:
            variants.append(bytes(raw))
    assert loads(path, rich)
    assert not [number for number, raw in enumerate(variants) if loads(path, raw)]


def test_hostile_files_are_errors(rich: bytes, tmp_path: Path) -> None:
    """With a checksum that agrees: absurd lengths in every place, random bytes. Some are harmless; none does harm."""
    rng = np.random.default_rng(1)
    path = tmp_path / "hostile"
    for word in (2**64 - 1, 2**63 - 1, 2**61, 2**32, 2**31 - 1, 2**20, 0):
        for at in range(24, len(rich) - 7, 8):
            loads(path, repaired(rich[:at] + word.to_bytes(8, "little") + rich[at + 8 :]))
    for _ in range(1000):
        raw = bytearray(rich)
        for _ in range(1 + int(rng.integers(3))):
            raw[int(rng.integers(16, len(raw)))] = int(rng.integers(256))
        loads(path, repaired(bytes(raw)))
        loads(path, repaired(bytes(raw[: int(rng.integers(len(raw)))])))
    for text in (b"[" * 100_000, b"[1]", b"{", b'{"a": \xff}', b"1" * 10_000):
        start = rich.rindex(b'{"key"') - 16
        end = len(text).to_bytes(8, "little")
        raw = rich[:start] + bytes(8) + end + text + bytes(-len(text) % 8)
        assert not loads(path, repaired(raw)), text[:10]


def test_one_long_label_among_many(tmp_path: Path) -> None:
    """NumPy's strings all take the room of the longest: such labels come back as objects."""
    K = 2000
    labels = np.array(["x" * 100_000, *map(str, range(K - 1))], dtype=object)
    model = lc.Model(lc.fit(X, CODES)._core, labels, None)
    core = type(model._core)("softmax", "auto", K, False, np.zeros((K, 1)), np.zeros(K))
    model = lc.Model(core, labels, None)
    model.save(tmp_path / "model")
    again = lc.load(tmp_path / "model")
    assert again.classes.dtype == object
    assert again == model
