"""Inside the sandbox: load a pickled model, ask it about rows, leave its answers. Imports nothing of ours.

Loading a pickle runs its code: here it can reach no network, no file of the machine and no other process.
What it leaves is read by the parent as a claim.
"""

import json
from pathlib import Path
from typing import Any


def main() -> None:
    import joblib  # type: ignore[import-untyped]
    import numpy as np
    import pandas as pd

    rows = pd.read_feather("/in/rows")
    model = joblib.load("/in/model")
    if not hasattr(model, "predict") or not len(getattr(model, "classes_", ())):
        _leave({"problem": "it is no fitted classifier of scikit-learn"})
        return
    names = getattr(model, "feature_names_in_", None)
    if names is not None and (missing := [str(one) for one in names if one not in rows.columns]):
        _leave(
            {"problem": "it reads a column that is not among the features", "missing": missing[0]}
        )
        return
    given = rows.to_numpy() if names is None else rows[list(names)]
    classes = [one.item() if hasattr(one, "item") else one for one in model.classes_]
    places = {one: place for place, one in enumerate(classes)}
    said = np.array([places[one] for one in model.predict(given).tolist()], dtype="<f8")
    columns: list[Any] = [said]
    if hasattr(model, "predict_proba"):
        columns += list(np.asarray(model.predict_proba(given), dtype="<f8").T)
    Path("/out/answers").write_bytes(np.stack(columns).tobytes())
    _leave({"classes": classes, "columns": len(columns)})


def _leave(facts: dict[str, Any]) -> None:
    Path("/out/facts.json").write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main()
