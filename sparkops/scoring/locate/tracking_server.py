"""Client of an MLflow tracking server's REST API, without MLflow: finds a version and downloads its scorer."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from ...errors import EngineError, ModelError, UnknownName
from ..artifact.file_names import FACTS, FLAVOR, SCORER
from .sqlite_registry import unknown_alias

_TIMEOUT = 30.0
# Parts of an artifact that the compiled scorer needs.
_SCORER_PARTS = ("MLmodel", FACTS, SCORER)


def download(server: str, name: str, version_or_alias: str, cache: Path) -> tuple[Path, int]:
    """Download the scorer of a version, unless it is in the cache, and return its folder and the version.

    Args:
        server: `http(s)://[user:password@]host[:port][/prefix]`.
        name: Registered name.
        version_or_alias: A version number or an alias.
        cache: Folder for copies, by server, name and version.
    """
    version = _resolve_version(server, name, version_or_alias)
    folder = (
        cache / quote(urlsplit(server).netloc.rpartition("@")[2], safe="") / quote(name, safe="") / version
    )
    if not folder.is_dir():
        answer = _get(server, "2.0/mlflow/model-versions/get-download-uri", name=name, version=version)
        _copy(server, str(answer["artifact_uri"]), folder)
    return folder, int(version)


def fetch_tag(server: str, name: str, version: int, key: str) -> str:
    """Return a tag of a model version; empty if it has no such tag."""
    answer = _get(server, "2.0/mlflow/model-versions/get", name=name, version=str(version))
    tags = answer["model_version"].get("tags", ())
    return next((str(tag.get("value", "")) for tag in tags if tag.get("key") == key), "")


def _resolve_version(server: str, name: str, version_or_alias: str) -> str:
    try:
        if version_or_alias.isdecimal():
            answer = _get(server, "2.0/mlflow/model-versions/get", name=name, version=version_or_alias)
        else:
            answer = _get(server, "2.0/mlflow/registered-models/alias", name=name, alias=version_or_alias)
        return str(answer["model_version"]["version"])
    except _MissingResourceError as error:
        raise _unknown_model_error(server, name, version_or_alias) from error


def _unknown_model_error(server: str, name: str, version_or_alias: str) -> UnknownName:
    try:
        model = _get(server, "2.0/mlflow/registered-models/get", name=name)["registered_model"]
    except _MissingResourceError:
        return UnknownName("model", name, where=f"the registry at {_without_credentials(server)}")
    versions = [str(version["version"]) for version in model.get("latest_versions", ())]
    if version_or_alias.isdecimal():
        return UnknownName(
            "version", version_or_alias, versions, where=f"model `{name}` at {_without_credentials(server)}"
        )
    aliases = sorted(item["alias"] for item in model.get("aliases", ()))
    return unknown_alias(
        name, version_or_alias, aliases, max((int(version) for version in versions), default=1)
    )


def _copy(server: str, artifact_uri: str, folder: Path) -> None:
    """Download the scorer's files to a temporary folder, then rename it to `folder`, which is never incomplete."""
    parts = urlsplit(artifact_uri)
    if parts.scheme != "mlflow-artifacts":
        raise ModelError(
            f"The artifact {artifact_uri} is not served by {_without_credentials(server)}: start the tracking server with "
            "--serve-artifacts, or download the folder and give its path instead of a models:/ URI."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".partial-"))
    try:
        for path in _list_files(server, parts.path.strip("/")):
            target = partial / path
            target.parent.mkdir(parents=True, exist_ok=True)
            source = quote(f"{parts.path.strip('/')}/{path}")
            target.write_bytes(_read(server, f"2.0/mlflow-artifacts/artifacts/{source}"))
        _move(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _move(partial: Path, folder: Path) -> None:
    try:
        partial.rename(folder)
    except OSError:
        # If the folder exists, another process has downloaded the same version.
        if not folder.is_dir():
            raise


def _list_files(server: str, root: str, subfolder: str = "") -> Iterator[str]:
    """Yield the paths of the files that scoring needs; none can leave the artifact.

    A model of another library needs all files.
    """
    folder = f"{root}/{subfolder}" if subfolder else root
    items = _get(server, "2.0/mlflow-artifacts/artifacts", path=folder).get("files", ())
    named_items = [(PurePosixPath(str(item["path"])).name, item) for item in items]
    needs_all = bool(subfolder) or any(name == FLAVOR for name, _ in named_items)
    for name, item in named_items:
        path = f"{subfolder}/{name}" if subfolder else name
        if name in ("", "..") or not (needs_all or name in _SCORER_PARTS):
            continue
        if item.get("is_dir"):
            yield from _list_files(server, root, path)
        else:
            yield path


class _MissingResourceError(Exception):
    """The server answered that the resource does not exist."""


def _get(server: str, path: str, /, **query: str) -> dict[str, Any]:
    answer = json.loads(_read(server, f"{path}?{urlencode(query)}"))
    if not isinstance(answer, dict):
        raise EngineError(
            f"{_without_credentials(server)} does not answer as a tracking server of MLflow. Check models.tracking_uri."
        )
    return answer


def _read(server: str, path: str) -> bytes:
    request = _request(server, path)
    try:
        with urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 (http and https only: see locate)
            body: bytes = answer.read()
            return body
    except HTTPError as error:
        with error:
            detail = error.read(2000).decode("utf-8", "replace")
        if error.code == 404 or "RESOURCE_DOES_NOT_EXIST" in detail or "not found" in detail:  # noqa: PLR2004
            raise _MissingResourceError(detail) from error
        advice = (
            "Give a user and password in its URL." if error.code in (401, 403) else "See the server's log."
        )
        raise EngineError(
            f"The tracking server {_without_credentials(server)} answered {error.code}. {advice}"
        ) from error
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise EngineError(
            f"The tracking server {_without_credentials(server)} does not answer ({reason}). Check models.tracking_uri."
        ) from error


def _request(server: str, path: str) -> Request:
    parts = urlsplit(server)
    host = parts.netloc.rpartition("@")[2]
    base = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    request = Request(f"{base}/api/{path}")  # noqa: S310
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(login).decode()}")
    return request


def _without_credentials(server: str) -> str:
    """Return the URL of the server without user and password."""
    parts = urlsplit(server)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
