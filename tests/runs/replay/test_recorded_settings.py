"""A replay and a debugged job have the recorded settings of Spark, and the session has its own again afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.core.session_conf import apply_conf

ZONE, ANSI = "spark.sql.session.timeZone", "spark.sql.ansi.enabled"


class Session:
    """A session of which only the settings are used."""

    class Conf(dict[str, str]):
        """Settings under the names of Spark's methods."""

        def set(self, name: str, value: str) -> None:
            self[name] = value

        def unset(self, name: str) -> None:
            del self[name]

    def __init__(self) -> None:
        self.conf = self.Conf({ZONE: "Asia/Tokyo"})


@pytest.mark.parametrize("error", [None, ValueError("broken")])
def test_a_session_has_other_settings_for_a_while(error: Exception | None) -> None:
    session: Any = Session()
    try:
        with apply_conf(session.conf, {ZONE: "UTC", ANSI: "true"}):
            assert session.conf == {ZONE: "UTC", ANSI: "true"}
            if error is not None:
                raise error
    except ValueError:
        assert error is not None
    assert session.conf == {ZONE: "Asia/Tokyo"}
