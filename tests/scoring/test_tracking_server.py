"""The client of a tracking server's REST API."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from sparkops.errors import EngineError, ModelError, UnknownName
from sparkops.scoring.locate.identity import SCORER_TAG
from sparkops.scoring.locate.model_uri import locate_registered
from sparkops.scoring.locate.tracking_server import download

FILES = {
    "MLmodel": b"flavors: {}",
    "scorer/description.json": b"{}",
    "sparkml/data": b"large",
    "sparkops.json": b"{}",
}


class Tracking(BaseHTTPRequestHandler):
    """As much of MLflow's server as a download asks for: one model `late`, version 3, alias `champion`."""

    login = ""
    evil = False
    tags: list[dict[str, str]] = []  # noqa: RUF012
    artifacts = "mlflow-artifacts:/1/models/m-1/artifacts"
    requested_paths: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        type(self).requested_paths.append(parts.path)
        if (
            self.login
            and self.headers.get("Authorization") != f"Basic {base64.b64encode(self.login.encode()).decode()}"
        ):
            self.answer(401, b"who are you")
        elif parts.path.startswith("/api/2.0/mlflow-artifacts/artifacts/"):
            self.answer(200, FILES[unquote(parts.path).split("m-1/artifacts/")[1]])
        else:
            response = self.look_up(parts.path.removeprefix("/api/2.0/"), query)
            self.answer(
                200 if response else 404,
                json.dumps(response or {"error_code": "RESOURCE_DOES_NOT_EXIST"}).encode(),
            )

    def look_up(self, verb: str, query: dict[str, str]) -> dict[str, Any]:
        if verb == "mlflow-artifacts/artifacts":
            return {"files": self.listing(query["path"])}
        if (
            query["name"] != "late"
            or query.get("version", "3") != "3"
            or query.get("alias", "champion") != "champion"
        ):
            return {}
        return {
            "mlflow/model-versions/get": {"model_version": {"version": "3", "tags": self.tags}},
            "mlflow/registered-models/alias": {"model_version": {"version": "3"}},
            "mlflow/model-versions/get-download-uri": {"artifact_uri": self.artifacts},
            "mlflow/registered-models/get": {
                "registered_model": {
                    "latest_versions": [{"version": "3"}],
                    "aliases": [{"alias": "champion"}],
                }
            },
        }[verb]

    def listing(self, path: str) -> list[dict[str, Any]]:
        below = path.partition("m-1/artifacts")[2].strip("/")
        names = {file.removeprefix(f"{below}/" if below else "") for file in FILES if file.startswith(below)}
        listed = [{"path": name.split("/")[0], "is_dir": "/" in name} for name in sorted(names)]
        return [*listed, {"path": "scorer/..", "is_dir": True}] if self.evil and below else listed

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's terminal quiet."""


@pytest.fixture
def tracking() -> Iterator[tuple[type[Tracking], str]]:
    handler = type("Handler", (Tracking,), {"requested_paths": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield handler, f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_only_the_files_of_the_scorer_are_downloaded(
    tracking: tuple[type[Tracking], str], tmp_path: Path
) -> None:
    folder, version = download(f"http://{tracking[1]}", "late", "champion", tmp_path)
    assert version == 3
    copied = {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }
    assert copied == {name: body for name, body in FILES.items() if not name.startswith("sparkml")}
    assert not list(tmp_path.rglob(".partial-*"))


def test_a_model_of_another_library_is_downloaded_with_the_hash_of_its_manifest(
    tracking: tuple[type[Tracking], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, host = tracking
    monkeypatch.setitem(FILES, "flavor.json", b"{}")
    handler.tags = [{"key": "sparkops.seal", "value": "feed"}]
    located = locate_registered("late", "3", tracking_uri=f"http://{host}", cache=tmp_path)
    assert located.manifest_hash == "feed"
    copied = {
        file.relative_to(located.folder).as_posix() for file in located.folder.rglob("*") if file.is_file()
    }
    assert copied == set(FILES)


def test_a_cached_version_is_not_downloaded_again(
    tracking: tuple[type[Tracking], str], tmp_path: Path
) -> None:
    handler, host = tracking
    download(f"http://{host}", "late", "3", tmp_path)
    handler.requested_paths.clear()
    download(f"http://{host}", "late", "3", tmp_path)
    assert handler.requested_paths == ["/api/2.0/mlflow/model-versions/get"]


def test_a_download_that_differs_from_the_registered_scorer_is_refused(
    tracking: tuple[type[Tracking], str], tmp_path: Path
) -> None:
    handler, host = tracking
    located = locate_registered("late", "3", tracking_uri=f"http://{host}", cache=tmp_path)
    assert (located.version, located.manifest_hash) == (3, "")
    handler.tags = [{"key": SCORER_TAG, "value": "ab" * 32}]
    with pytest.raises(ModelError, match="late/3 is not what was registered"):
        locate_registered("late", "3", tracking_uri=f"http://{host}", cache=tmp_path)


def test_a_server_cannot_write_files_outside_the_download(
    tracking: tuple[type[Tracking], str], tmp_path: Path
) -> None:
    handler, host = tracking
    handler.evil = True
    folder, _ = download(f"http://{host}", "late", "3", tmp_path / "cache")
    assert {path.name for path in folder.iterdir()} == {"MLmodel", "scorer", "sparkops.json"}


def test_unknown_names_are_reported_with_the_known_ones(
    tracking: tuple[type[Tracking], str], tmp_path: Path
) -> None:
    url = f"http://{tracking[1]}"
    with pytest.raises(UnknownName, match="No model `lat`"):
        download(url, "lat", "champion", tmp_path)
    with pytest.raises(UnknownName, match=r"No version `9` in model `late`.*Known: 3"):
        download(url, "late", "9", tmp_path)
    with pytest.raises(UnknownName, match=r"No alias `chamion`.*Did you mean `champion`"):
        download(url, "late", "chamion", tmp_path)


def test_user_and_password_are_sent_and_never_shown(
    tracking: tuple[type[Tracking], str], tmp_path: Path
) -> None:
    handler, host = tracking
    handler.login = "ann:se@cret"
    assert download(f"http://ann:se%40cret@{host}", "late", "3", tmp_path)[1] == 3
    with pytest.raises(EngineError, match=r"answered 401. Give a user and password") as raised:
        download(f"http://ann:wrong@{host}", "late", "3", tmp_path)
    assert "wrong" not in str(raised.value)


def test_artifacts_that_the_server_does_not_serve_are_reported(
    tracking: tuple[type[Tracking], str], tmp_path: Path
) -> None:
    handler, host = tracking
    handler.artifacts = "s3://bucket/m-1"
    with pytest.raises(ModelError, match=r"s3://bucket/m-1 is not served.*--serve-artifacts"):
        download(f"http://{host}", "late", "3", tmp_path)


def test_an_unreachable_server_is_reported(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"http://127.0.0.1:9 does not answer"):
        download("http://127.0.0.1:9", "late", "3", tmp_path)


def _answers(**changed: Any) -> dict[str, Any]:
    return {
        "mlflow/registered-models/alias": {"model_version": {"version": "3"}},
        "mlflow/model-versions/get": {"model_version": {"version": "3"}},
        "mlflow/model-versions/get-download-uri": {"artifact_uri": Tracking.artifacts},
        "mlflow-artifacts/artifacts": {"files": [{"path": "MLmodel"}]},
        **{name.replace("__", "/").replace("_", "-"): answer for name, answer in changed.items()},
    }


@pytest.mark.parametrize(
    "changed",
    [
        *(
            {"mlflow__registered_models__alias": {"model_version": {"version": version}}}
            for version in (
                "/tmp/x",
                "../../x",
                "3/../../x",
                "",
                "x",
                "9" * 400,
                None,
                ["3"],
                "٣",
                "-1",
                "3\0",
            )
        ),
        {"mlflow__registered_models__alias": {"model_version": {}}},
        {"mlflow__registered_models__alias": {"model_version": "3"}},
        {"mlflow__registered_models__alias": [1, 2]},
        {"mlflow__registered_models__alias": "3"},
        {"mlflow__model_versions__get_download_uri": {"artifact_uri": ["x"]}},
        {"mlflow__model_versions__get_download_uri": {}},
        {"mlflow_artifacts__artifacts": {"files": "abc"}},
        {"mlflow_artifacts__artifacts": {"files": [{"name": "MLmodel"}]}},
        {"mlflow_artifacts__artifacts": {"files": [{"path": "MLmodel"}, {"path": "x/MLmodel"}]}},
        {"mlflow_artifacts__artifacts": {"files": [{"path": "flavor.json"}, {"path": "x", "is_dir": True}]}},
        {
            "mlflow_artifacts__artifacts": {
                "files": [{"path": "flavor.json"}, {"path": "a\0b"}, {"path": 3}, 7]
            }
        },
    ],
    ids=repr,
)
def test_what_a_server_answers_decides_no_path_outside_the_cache(
    tracking: tuple[type[Tracking], str], tmp_path: Path, changed: dict[str, Any]
) -> None:
    handler, host = tracking
    answers = _answers(**changed)
    handler.look_up = lambda _self, verb, _query: answers[verb]  # type: ignore[method-assign]
    cache = tmp_path / "cache"
    with pytest.raises(ModelError if "artifact_uri" in str(changed) else EngineError) as raised:
        download(f"http://{host}", "late", "champion", cache)
    assert "MLmodel" in str(changed) or len(str(raised.value)) < 400
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_endless_answer_is_not_read_to_its_end(
    tracking: tuple[type[Tracking], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparkops.scoring.locate.tracking_server._MAX_MODEL", 1000)
    monkeypatch.setitem(FILES, "scorer/arrays.npz", bytes(2000))
    with pytest.raises(EngineError, match="an answer of more than"):
        download(f"http://{tracking[1]}", "late", "champion", tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
