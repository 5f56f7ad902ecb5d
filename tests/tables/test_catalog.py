import pytest

from sparkops.errors import UnknownName
from sparkops.tables.catalog import Catalog, local_path


@pytest.fixture
def catalog(make_settings):
    """A catalog with a table of each kind."""
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


def test_each_kind_of_entry_stands_where_it_says(catalog, tmp_path):
    assert catalog.locate("placed").text == str(tmp_path / "data/placed")
    assert (catalog.locate("remote").text, catalog.locate("remote").local) == ("s3a://bucket/remote", None)
    assert (catalog.locate("named").text, catalog.locate("named").path) == ("main.flights.raw", None)
    assert (catalog.locate("raw").kind, catalog.locate("raw").ddl) == ("source", "a INT")
    assert catalog.locate("flights").text == str(tmp_path / "warehouse/flights")


def test_a_quarantine_stands_beside_its_table(catalog, tmp_path):
    assert catalog.locate("named__quarantine").name == "main.flights.raw__quarantine"
    assert catalog.locate("placed__quarantine").text == str(tmp_path / "data/placed__quarantine")
    assert catalog.locate("flights__quarantine").text == str(tmp_path / "warehouse/flights__quarantine")


@pytest.mark.parametrize("name", ["../etc", "a/b", "_staging", "", "a b", "s3://x"])
def test_a_name_cannot_lead_elsewhere(catalog, name):
    with pytest.raises(UnknownName):
        catalog.locate(name)


def test_paths_and_uris_are_told_apart():
    assert str(local_path("/a/b")) == "/a/b"
    assert str(local_path("file:///a/b")) == str(local_path("file:/a/b")) == "/a/b"
    assert local_path("abfss://c@a.dfs.core.windows.net/x") is None
    assert local_path("dbfs:/x") is None
