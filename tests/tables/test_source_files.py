import os
import zipfile
from pathlib import Path

import pytest

from sparkops.errors import BadData
from sparkops.tables.sources.source_files import fingerprint_files, list_source_files, unpack_archives


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_fingerprint_changes_with_the_files_and_only_then(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    first = fingerprint_files(tmp_path)
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".hidden").touch()
    assert fingerprint_files(tmp_path) == first
    os.utime(tmp_path / "a.csv", ns=(1, 1))
    second = fingerprint_files(tmp_path)
    (tmp_path / "b.csv").write_text("x\n2\n")
    assert len({first, second, fingerprint_files(tmp_path)}) == 3


def test_a_pattern_means_the_files_that_match(tmp_path):
    for name in ("a1.csv", "a2.csv", "b1.csv"):
        (tmp_path / name).touch()
    assert [f.name for f in list_source_files(tmp_path / "a*.csv")] == ["a1.csv", "a2.csv"]
    assert fingerprint_files(tmp_path / "c*.csv") is None


def test_files_that_are_not_archives_are_read_where_they_are(tmp_path):
    (tmp_path / "a.csv").touch()
    assert unpack_archives(tmp_path, name="a", fingerprint="f", cache=tmp_path / "cache") == (str(tmp_path),)
    assert not (tmp_path / "cache").exists()


def test_an_archive_is_unpacked_once_a_fingerprint(tmp_path):
    archive = zipped(
        tmp_path / "a.csv.zip", {"a.csv": "x\n1\n", "folder/a.csv": "x\n2\n", "__MACOSX/a.csv": "junk"}
    )
    (folder,) = unpack_archives(archive, name="a", fingerprint="f1", cache=tmp_path / "cache")
    assert sorted(f.read_text() for f in list_source_files(tmp_path / "cache" / "a-f1")) == [
        "x\n1\n",
        "x\n2\n",
    ]
    before = Path(folder).stat().st_mtime_ns
    assert unpack_archives(archive, name="a", fingerprint="f1", cache=tmp_path / "cache") == (folder,)
    assert Path(folder).stat().st_mtime_ns == before
    assert [f.name for f in (tmp_path / "cache").iterdir()] == ["a-f1"]


def test_the_files_of_a_changed_archive_are_kept_until_the_next_change(tmp_path):
    archive, cache = zipped(tmp_path / "a.zip", {"a.csv": "x"}), tmp_path / "cache"
    names = [f"a-{number:016x}" for number in range(3)]
    unpack_archives(archive, name="a-b", fingerprint="f", cache=cache)
    for age, name in zip((30, 20, 10), names, strict=True):
        (folder,) = unpack_archives(archive, name="a", fingerprint=name[2:], cache=cache)
        os.utime(folder, (Path(folder).stat().st_mtime - age,) * 2)
    assert sorted(f.name for f in cache.iterdir()) == [*names[1:], "a-b-f"]


def test_an_archive_cannot_write_outside_its_folder(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"../../evil.csv": "x"})
    (folder,) = unpack_archives(archive, name="a", fingerprint="f", cache=tmp_path / "in" / "cache")
    assert [f.name for f in Path(folder).iterdir()] == ["evil.csv"]
    assert not list(tmp_path.glob("evil*"))


def test_a_damaged_archive_is_named_and_leaves_nothing(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK not really")
    with pytest.raises(BadData, match=r"a\.zip cannot be unpacked"):
        unpack_archives(tmp_path / "a.zip", name="a", fingerprint="f", cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
