"""Client of an MLflow tracking server's REST API, without MLflow: finds a version and downloads its scorer.

What the server answers is validated before it is used: versions are numbers, names stay in their folder, sizes are
bounded.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit

from ...core.http_client import open_url, remove_credentials
from ...errors import EngineError, ModelError, UnknownName, as_clause
from ..artifact.file_names import FACTS, MANIFESTS, SCORER
from .sqlite_registry import build_unknown_alias_error

_TIMEOUT = 30.0
# Bytes of an answer in JSON, and of all files of a model.
_MAX_ANSWER, _MAX_MODEL = 16 << 20, 8 << 30
_MAX_FILES, _MAX_DEPTH = 10_000, 20
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
    with _validate_answers(server):
        return _download(server, name, version_or_alias, cache)


def _download(server: str, name: str, version_or_alias: str, cache: Path) -> tuple[Path, int]:
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
    with _validate_answers(server):
        answer = _get(server, "2.0/mlflow/model-versions/get", name=name, version=str(version))
        tags = answer["model_version"].get("tags", ())
        return next((str(tag.get("value", "")) for tag in tags if tag.get("key") == key), "")


@contextmanager
def _validate_answers(server: str) -> Iterator[None]:
    """Report an answer of another form as an error of the server."""
    try:
        yield
    except (
        _MissingResourceError, AttributeError, FileExistsError, LookupError, RecursionError, TypeError, ValueError,
    ) as error:  # fmt: skip
        raise EngineError(
            f"{remove_credentials(server)} does not answer as a tracking server of MLflow ({as_clause(error)}). "
            "Check models.tracking_uri."
        ) from error


def _resolve_version(server: str, name: str, version_or_alias: str) -> str:
    try:
        if version_or_alias.isdecimal():
            answer = _get(server, "2.0/mlflow/model-versions/get", name=name, version=version_or_alias)
        else:
            answer = _get(server, "2.0/mlflow/registered-models/alias", name=name, alias=version_or_alias)
        version = str(answer["model_version"]["version"])
    except _MissingResourceError as error:
        raise _build_unknown_model_error(server, name, version_or_alias) from error
    if not re.fullmatch(r"[0-9]{1,18}", version):
        raise ValueError(f"`{version[:60]}` is no version")
    return version


def _build_unknown_model_error(server: str, name: str, version_or_alias: str) -> UnknownName:
    try:
        model = _get(server, "2.0/mlflow/registered-models/get", name=name)["registered_model"]
    except _MissingResourceError:
        return UnknownName("model", name, where=f"the registry at {remove_credentials(server)}")
    versions = [str(version["version"]) for version in model.get("latest_versions", ())]
    if version_or_alias.isdecimal():
        return UnknownName(
            "version", version_or_alias, versions, where=f"model `{name}` at {remove_credentials(server)}"
        )
    aliases = sorted(item["alias"] for item in model.get("aliases", ()))
    return build_unknown_alias_error(
        name, version_or_alias, aliases, max((int(version) for version in versions), default=1)
    )


def _copy(server: str, artifact_uri: str, folder: Path) -> None:
    """Download the scorer's files to a temporary folder, then rename it to `folder`, which is never incomplete."""
    parts = urlsplit(artifact_uri)
    if parts.scheme != "mlflow-artifacts":
        raise ModelError(
            f"The artifact {artifact_uri} is not served by {remove_credentials(server)}: start the tracking server "
            "with --serve-artifacts, or download the folder and give its path instead of a models:/ URI."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".partial-"))
    try:
        left = _MAX_MODEL
        for number, path in enumerate(_list_files(server, parts.path.strip("/"))):
            if number >= _MAX_FILES:
                raise ValueError(f"a model of more than {_MAX_FILES:,} files")
            target = partial / path
            target.parent.mkdir(parents=True, exist_ok=True)
            source = quote(f"{parts.path.strip('/')}/{path}")
            with target.open("xb") as file:
                for chunk in _read(server, f"2.0/mlflow-artifacts/artifacts/{source}", left):
                    left -= file.write(chunk)
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

    A model that is scored in a process of its own needs all files.
    """
    if subfolder.count("/") >= _MAX_DEPTH:
        raise ValueError(f"folders of more than {_MAX_DEPTH} levels")
    folder = f"{root}/{subfolder}" if subfolder else root
    items = _get(server, "2.0/mlflow-artifacts/artifacts", path=folder).get("files", ())
    named_items = [(PurePosixPath(str(item["path"])).name, item) for item in items]
    needs_all = bool(subfolder) or any(name in MANIFESTS for name, _ in named_items)
    for name, item in named_items:
        path = f"{subfolder}/{name}" if subfolder else name
        if name in ("", "..") or "\0" in name or not (needs_all or name in _SCORER_PARTS):
            continue
        if item.get("is_dir"):
            yield from _list_files(server, root, path)
        else:
            yield path


class _MissingResourceError(Exception):
    """The server answered that the resource does not exist."""


def _get(server: str, path: str, /, **query: str) -> dict[str, Any]:
    answer = json.loads(b"".join(_read(server, f"{path}?{urlencode(query)}", _MAX_ANSWER)))
    if not isinstance(answer, dict):
        raise TypeError("the answer is no object of JSON")
    return answer


def _read(server: str, path: str, limit: int) -> Iterator[bytes]:
    """Yield the parts of an answer; ValueError beyond a number of bytes."""
    parts = urlsplit(server)
    url = parts._replace(path=f"{parts.path.rstrip('/')}/api/{path}", query="", fragment="").geturl()
    size = 0
    try:
        with open_url(url, timeout=_TIMEOUT) as answer:
            while chunk := answer.read(1 << 20):
                size += len(chunk)
                if size > limit:
                    raise ValueError(f"an answer of more than {limit:,} bytes")
                yield chunk
    except HTTPError as error:
        with error:
            detail = error.read(2000).decode("utf-8", "replace")
        if error.code == 404 or "RESOURCE_DOES_NOT_EXIST" in detail or "not found" in detail:  # noqa: PLR2004
            raise _MissingResourceError(detail) from error
        advice = (
            "Give a user and password in its URL." if error.code in (401, 403) else "See the server's log."
        )
        raise EngineError(
            f"The tracking server {remove_credentials(server)} answered {error.code}. {advice}"
        ) from error
    except (URLError, OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise EngineError(
            f"The tracking server {remove_credentials(server)} does not answer ({reason}). Check models.tracking_uri."
        ) from error
