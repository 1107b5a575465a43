"""Any model of two classes: a scikit-learn estimator, a rule as a function, or a file.

A file is never opened in this process. An ONNX model is read and carried out by the enclave's own strict
reader, a pickle is loaded by scikit-learn; both inside the enclave's sandbox, with no network and nothing
of this machine to reach. Safetensors and GGUF hold weights without what is done with them.
"""

import hashlib
import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from casemate.assurance.tabular import sandboxed
from casemate.assurance.tabular.answers import Said, said_of, written
from casemate.canonical import digest
from casemate.errors import BadInput, NotFound

THRESHOLD = 0.5
MOST_BYTES = 256 << 20
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Model:
    """A model to be tried. ``at_hand`` says that asking it a thousand times costs little.

    ``estimator`` is there where it can be trained anew.
    """

    name: str
    kind: str
    digest: str
    says: Callable[[pl.DataFrame], Said]
    at_hand: bool = True
    estimator: Any = None


def from_estimator(estimator: Any, positive: str, *, name: str | None = None) -> Model:
    """A fitted scikit-learn classifier. It reads its columns by name where it was fitted on names."""
    classes = [written(one) for one in getattr(estimator, "classes_", ())]
    if positive not in classes:
        raise BadInput(
            f"the classifier is not fitted, or knows no class {positive!r}: {classes[:6]}"
        )
    place = classes.index(positive)

    def says(rows: pl.DataFrame) -> Said:
        given = columns_for(estimator, rows)
        decided = np.asarray(estimator.predict(given) == estimator.classes_[place], dtype=bool)
        if not hasattr(estimator, "predict_proba"):
            return Said(decided, None)
        return Said(decided, np.asarray(estimator.predict_proba(given)[:, place], dtype=np.float64))

    mark = hashlib.sha256(pickle.dumps(estimator, protocol=5)).hexdigest()
    kind = type(estimator).__name__
    return Model(name or kind, f"scikit-learn {kind}", f"sha256:{mark}", says, estimator=estimator)


def from_rule(
    rule: Callable[[pl.DataFrame], Any],
    *,
    name: str | None = None,
    digest_of_it: str | None = None,
    threshold: float = THRESHOLD,
) -> Model:
    """A function of rows that gives true and false, or a score from 0 to 1 (decided from ``threshold`` on).

    Its digest is that of its source. Raises ``BadInput`` where it has none and no digest is given.
    """
    if digest_of_it is None:
        try:
            digest_of_it = digest(inspect.getsource(rule).encode())
        except (OSError, TypeError):
            raise BadInput(
                "the rule's source cannot be read: give a digest of it, which ties results to it"
            ) from None
    called = name or str(getattr(rule, "__name__", "rule"))
    return Model(
        called, "rule", digest_of_it, lambda rows: said_of(rule(rows), rows.height, threshold)
    )


def from_file(path: Path, positive: str, *, threshold: float = THRESHOLD) -> Model:
    """The model in an ONNX file or a pickle (joblib too), each carried out in the sandbox."""
    return from_bytes(path.name, read_model(path), positive, threshold=threshold)


def from_bytes(name: str, data: bytes, positive: str, *, threshold: float = THRESHOLD) -> Model:
    """The same of a file that was read already."""
    from casemate.enclave.formats.kinds import kind_of

    kind = kind_of(name, data).kind
    if kind == "onnx":
        return Model(
            name,
            "ONNX",
            digest(data),
            in_parts(lambda rows: said_of(sandboxed.onnx(data, rows), rows.height, threshold)),
            at_hand=False,
        )
    if kind == "pickle":
        return Model(
            name,
            "scikit-learn pickle",
            digest(data),
            in_parts(lambda rows: sandboxed.pickled(data, rows, positive)),
            at_hand=False,
        )
    raise BadInput(
        f"{name} is no model that can be tried ({kind_of(name, data).what}): give ONNX, or a "
        "scikit-learn pickle; weights alone (safetensors, GGUF) do not say what is done with them"
    )


def in_parts(
    says: Callable[[pl.DataFrame], Said], most: int = MOST_ROWS
) -> Callable[[pl.DataFrame], Said]:
    """``says`` asked about at most ``most`` rows at a time: a sandbox bounds what goes in and out."""

    def asked(rows: pl.DataFrame) -> Said:
        parts = [says(part) for part in rows.iter_slices(most)]
        scores = [one.scores for one in parts if one.scores is not None]
        return Said(
            np.concatenate([one.decided for one in parts]),
            np.concatenate(scores) if len(scores) == len(parts) else None,
        )

    return asked


def read_model(path: Path) -> bytes:
    """The bytes of a model's file."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path.name} is larger than {MOST_BYTES >> 20} MiB")
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}: check the path") from None
    except OSError as failure:
        raise BadInput(f"{path} cannot be read: {failure.strerror}") from failure


def columns_for(estimator: Any, rows: pl.DataFrame) -> Any:
    """The rows as the estimator was given them when it was fitted: by name, or as numbers in order."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return rows.to_numpy()
    if missing := [str(one) for one in names if one not in rows.columns]:
        raise BadInput(f"the model reads a column {missing[0]!r}, which is not among the features")
    return rows.select([str(one) for one in names]).to_pandas()
