"""The command `sparkops models export` on models that Spark saved; no Spark."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sparkops.cli.main import run_command

FIXTURES = Path(__file__).parents[1] / "saved_models" / "spark-4.1"
SCHEMA = {"categories": "c STRING, d STRING, x DOUBLE, g DOUBLE, n INT", "words": "t STRING"}


@pytest.fixture
def compiled(tmp_path, monkeypatch, capsys):
    """Return a function that compiles a fixture into the working folder of the test."""
    monkeypatch.chdir(tmp_path)

    def compile_fixture(name: str) -> None:
        words = [str(FIXTURES / name / "model"), "--schema", SCHEMA[name], "--into", name]
        assert run_command(["models", "compile", *words]) == 0
        capsys.readouterr()

    return compile_fixture


def test_a_model_is_written_with_its_inputs_its_outputs_and_the_verified_rows(
    compiled, tmp_path, capsys
) -> None:
    compiled("categories")
    assert (
        run_command(["models", "export", "categories", "--onnx", "m.onnx", "--rows", "20", "--seed", "7"])
        == 0
    )
    out = capsys.readouterr().out
    assert "in\tc\tstring[N,1]\tstring; null: `c__null` is true\n" in out
    assert "out\tprobability\tdouble[N,2]\tvector; probability\n" in out
    assert "no certificate: the scorer alone, the others edge and new rows (--seed 7)" in out
    assert f"Written  m.onnx, {(tmp_path / 'm.onnx').stat().st_size:,} bytes" in out
    words = ["models", "export", "categories", "--onnx", "m.onnx", "--rows", "0", "--no-nulls"]
    assert run_command(words) == 0
    assert "__null" not in capsys.readouterr().out


def test_stages_without_an_onnx_form_are_named_and_no_file_is_written(compiled, tmp_path, capsys) -> None:
    compiled("words")
    assert run_command(["models", "export", "words", "--onnx", "m.onnx"]) == 1
    err = capsys.readouterr().err
    assert [stage for stage in ("RegexTokenizer", "StopWordsRemover", "HashingTF") if stage in err]
    assert err.count("\n  - ") == 3
    assert not (tmp_path / "m.onnx").exists()


def test_a_folder_as_the_file_and_a_missing_library_are_errors(compiled, monkeypatch, capsys) -> None:
    compiled("categories")
    assert run_command(["models", "export", "categories", "--onnx", "."]) == 2
    assert "Name the file" in capsys.readouterr().err
    for library in ("onnxruntime", "onnx"):
        monkeypatch.setitem(sys.modules, library, None)
        assert run_command(["models", "export", "categories", "--onnx", "m.onnx"]) == 1
        assert f"{library} is not installed here: pip install 'sparkops[onnx]'." in capsys.readouterr().err
