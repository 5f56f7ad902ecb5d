import pytest

from sparkops.errors import UnknownName
from sparkops.tables.catalog import Catalog, to_local_path


@pytest.fixture
def catalog(make_settings):
    """Return a catalog with a table of each kind."""
    return Catalog(
        make_settings(
            tables={
                "placed": {"path": "data/placed"},
                "remote": {"path": "s3a://bucket/remote"},
                "named": {"name": "main.flights.raw"},
                "raw": {"path": "/data/raw.csv", "format": "csv", "schema": "a INT"},
                "flights": {"description": "Departures"},
            }
        )
    )


def test_each_kind_of_entry_is_located(catalog, tmp_path):
    assert catalog.locate("placed").address == str(tmp_path / "data/placed")
    assert (catalog.locate("remote").address, catalog.locate("remote").local) == ("s3a://bucket/remote", None)
    assert (catalog.locate("named").address, catalog.locate("named").path) == ("main.flights.raw", None)
    assert (catalog.locate("raw").kind, catalog.locate("raw").ddl) == ("source", "a INT")
    assert catalog.locate("flights").address == str(tmp_path / "warehouse/flights")


def test_a_quarantine_is_located_beside_its_table(catalog, tmp_path):
    assert catalog.locate("named__quarantine").name == "main.flights.raw__quarantine"
    assert catalog.locate("placed__quarantine").address == str(tmp_path / "data/placed__quarantine")
    assert catalog.locate("flights__quarantine").address == str(tmp_path / "warehouse/flights__quarantine")


@pytest.mark.parametrize("name", ["../etc", "a/b", "_staging", "", "a b", "s3://x"])
def test_a_name_cannot_lead_out_of_the_warehouse(catalog, name):
    with pytest.raises(UnknownName):
        catalog.locate(name)


def test_only_paths_and_file_uris_are_local():
    assert str(to_local_path("/a/b")) == "/a/b"
    assert str(to_local_path("file:///a/b")) == str(to_local_path("file:/a/b")) == "/a/b"
    assert to_local_path("abfss://c@a.dfs.core.windows.net/x") is None
    assert to_local_path("dbfs:/x") is None
