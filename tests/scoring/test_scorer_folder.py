"""Saved descriptions: they are read back unchanged, and anything else is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scoring.example_models import flights, forest

import sparkops.scoring
from sparkops.errors import ModelError
from sparkops.scoring import Description, describe, load, save
from sparkops.scoring.artifact.array_file import read_arrays, widen, write_arrays

ROW = {"carrier": "UA", "distance": 100, "temp": 40.0}


def test_a_saved_description_is_loaded_with_the_same_hash(tmp_path: Path) -> None:
    save(flights(), tmp_path)
    assert describe(tmp_path).hash == flights().hash
    assert load(tmp_path).version == flights().hash[:16]
    assert load(tmp_path, raw=True).find_output("rawPrediction") is not None


def test_one_changed_number_changes_the_hash(tmp_path: Path) -> None:
    save(forest(seed=1), tmp_path)
    with np.load(tmp_path / "arrays.npz") as file:
        arrays = dict(file)
    arrays["1.threshold"][0] += 1e-9
    np.savez(tmp_path / "arrays.npz", **arrays)
    with pytest.raises(ModelError, match="was changed after it was compiled"):
        load(tmp_path)


def test_arrays_are_written_in_small_types_and_read_back_exactly(tmp_path: Path) -> None:
    arrays = {
        "small": np.array([-128, 127]),
        "large": np.array([-(2**63), 2**31]),
        "single": np.array([0.5, -0.0, np.nan, np.inf, 2.0**-149]),
        "double": np.array([[0.1, 1e300]]),
        "none": np.zeros((0, 3)),
    }
    write_arrays(tmp_path / "a.npz", arrays)
    read = read_arrays(tmp_path / "a.npz")
    types = {name: array.dtype.str[1:] for name, array in read.items()}
    assert types == {"small": "i1", "large": "i8", "single": "f4", "double": "f8", "none": "f8"}
    for name, array in arrays.items():
        assert widen(read[name]).tobytes() == array.tobytes()
        assert widen(read[name]).shape == array.shape


@pytest.mark.parametrize("description", [flights(), forest(seed=2)])
def test_models_of_the_first_format_are_read_as_before(description: Description, tmp_path: Path) -> None:
    save(description, tmp_path)
    steps = enumerate(description.steps)
    arrays = {f"{index}.{name}": array for index, step in steps for name, array in step.arrays.items()}
    np.savez(tmp_path / "arrays.npz", **arrays)
    file = tmp_path / "description.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 1}))
    assert describe(tmp_path).hash == description.hash
    assert load(tmp_path).version == description.hash[:16]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 99, "another format"),
        ("steps", "rm -rf", "damaged"),
        ("fields", [{"name": 3, "type": "double", "nullable": True}], "damaged"),
        ("classes", ["a", "b"], "changed"),
    ],
)
def test_a_changed_description_is_refused(tmp_path: Path, key: str, value: object, message: str) -> None:
    save(flights(), tmp_path)
    file = tmp_path / "description.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))
    with pytest.raises(ModelError, match=message):
        load(tmp_path)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    save(flights(), tmp_path)
    np.savez(tmp_path / "arrays.npz", **{"2.surrogate": np.array([object()], dtype=object)})
    with pytest.raises(ModelError, match=r"arrays\.npz is damaged.*OBJECT"):
        load(tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        load(tmp_path / "nothing")


def test_the_package_scores_under_another_name_with_only_numpy(tmp_path: Path) -> None:
    save(flights(), tmp_path / "model")
    home, package = Path(sparkops.scoring.__file__).parent, tmp_path / "code" / "sparkops_scorer"
    shutil.copytree(home, package / "scoring", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "core").mkdir()
    names = ("__init__.py", "bounded_file.py", "imported_files.py", "type_names.py", "wording.py")
    for name in ("errors.py", "core/place.py", *(f"core/{name}" for name in names)):
        shutil.copy(home.parent / name, package / name)
    (package / "__init__.py").write_text("")
    program = f"""
import sys
for name in ("sparkops", "pyspark", "pyarrow", "mlflow", "pandas", "pydantic"):
    sys.modules[name] = None
sys.path.insert(0, {str(tmp_path / "code")!r})
from sparkops_scorer.scoring import load
print(load({str(tmp_path / "model")!r}).score({ROW!r})["prediction"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() == "1.0"


def test_importing_the_package_imports_no_numpy() -> None:
    program = "import sys, sparkops.scoring as s; s.Field('x', 'double'); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
