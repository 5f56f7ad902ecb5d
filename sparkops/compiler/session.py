"""What SQL expressions depend on besides the row: settings of Spark's session, and the version of Java."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_DEFAULT_JAVA = 17


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Settings of the session that a model is trained in.

    Args:
        time_zone: `spark.sql.session.timeZone`.
        java: The version of Java, such as 17, which decides how doubles are written as text.
        ansi: `spark.sql.ansi.enabled`, Spark's default.
    """

    time_zone: str = "UTC"
    java: int = _DEFAULT_JAVA
    ansi: bool = True


def read_session(spark: Any) -> SessionSettings:
    """Return the settings of a session, classic or of Spark Connect."""
    version = spark.sql(
        "SELECT java_method('java.lang.System', 'getProperty', 'java.specification.version')"
    ).collect()[0][0]
    return SessionSettings(
        time_zone=spark.conf.get("spark.sql.session.timeZone"),
        java=int(str(version).removeprefix("1.")),
        ansi=str(spark.conf.get("spark.sql.ansi.enabled")).lower() == "true",
    )
