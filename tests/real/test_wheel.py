"""The wheel as users install it: without Spark to score and serve, with Spark to run a project."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
import zipfile
from pathlib import Path

import pytest
from fakes.real_processes import free_port, serving

from sparkops.config.settings import Settings
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.registry.registry import Registry

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parent.parent.parent


def uv() -> str:
    path = shutil.which("uv") or str(ROOT / ".venv-uv" / "bin" / "uv")
    assert Path(path).exists(), "uv is missing: scripts/setup"
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([uv(), "build", "--wheel", "--out-dir", folder, ROOT], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def create_environment(folder: Path, *packages: str) -> Path:
    """Return the bin folder of a new environment with these packages, at the lock file's versions."""
    subprocess.run([uv(), "venv", "--python", "3.11", folder], check=True, capture_output=True)
    lock = folder / "versions.txt"
    pinned = [
        line.split(" \\")[0]
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if "==" in line[:60]
    ]
    lock.write_text("\n".join(line for line in pinned if not line.startswith((" ", "#"))))
    words = [uv(), "pip", "install", "--python", folder / "bin" / "python", "--constraint", lock, *packages]
    subprocess.run(words, check=True, capture_output=True)
    return folder / "bin"


def test_the_wheel_is_typed_and_contains_its_templates(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "sparkops/py.typed" in names
    assert "sparkops/cli/template/conf/checks/orders.yml" in names
    assert {"sparkops/reports/page.html.j2", "sparkops/reports/page.css"} <= names
    assert not any(name.startswith(("tests/", "jobs/")) for name in names)


# Spark trains the model that the suite shares.
@pytest.mark.spark
def test_the_light_install_scores_a_row_and_serves_a_model_folder(
    wheel: Path, late: ModelVersionInfo, shared_settings: Settings, tmp_path: Path
) -> None:
    model_folder = Registry(shared_settings).fetch_folder("late")
    row = {"carrier": "UA", "origin": "EWR", "month": 1, "distance": 719, "dep_time": None, "temp": 3.5}
    environment = create_environment(tmp_path / "light", str(wheel))
    packages = subprocess.run(
        [uv(), "pip", "list", "--python", environment / "python"], capture_output=True, text=True, check=True
    )
    assert not {"pyspark", "pandas", "mlflow"} & set(packages.stdout.split())
    words = [str(environment / "sparkops"), "score", str(model_folder), "--row", json.dumps(row)]
    process = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    score = json.loads(process.stdout)
    url = f"http://127.0.0.1:{(port := free_port())}"
    with serving(
        [str(environment / "sparkops"), "serve", str(model_folder), "--port", str(port)],
        f"{url}/health/ready",
        cwd=tmp_path,
    ):
        body = json.dumps({"dataframe_records": [row]}).encode()
        request = urllib.request.Request(f"{url}/invocations", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert json.load(reply)["predictions"] == [score]


@pytest.mark.slow
def test_with_spark_a_new_project_runs_and_its_test_passes(wheel: Path, tmp_path: Path) -> None:
    environment = create_environment(tmp_path / "spark", f"{wheel}[spark]", "pytest")
    project = tmp_path / "project"

    def run(*words: str, cwd: Path = project) -> subprocess.CompletedProcess[str]:
        process = subprocess.run(
            [environment / words[0], *words[1:]],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert process.returncode == 0, f"{words}\n{process.stdout}\n{process.stderr}"
        return process

    run("sparkops", "init", "project", cwd=tmp_path)
    output = run("sparkops", "run", "--upstream", "daily_sales", "--day", "2024-03-02").stderr
    assert "orders__quarantine@0 (2 rows)" in output
    assert "published daily_sales@0 (3 rows)" in output
    run("python", "-m", "pytest", "-q")
