"""What SQL expressions depend on besides the row: settings of Spark's session, and the version of Java."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_DEFAULT_JAVA = 17
# The first Spark in which `spark.sql.ansi.enabled` is true by default.
_FIRST_ANSI = 4


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Settings of the session that a model is trained in.

    Args:
        time_zone: `spark.sql.session.timeZone`.
        java: The version of Java, such as 17, which decides how doubles are written as text.
        ansi: `spark.sql.ansi.enabled`, the default of Spark 4.
        defaults_of: Version of Spark whose defaults these are; empty if they were read from a session.
    """

    time_zone: str = "UTC"
    java: int = _DEFAULT_JAVA
    ansi: bool = True
    defaults_of: str = ""

    @classmethod
    def of_saved_model(cls, spark_version: str, *, ansi: bool) -> SessionSettings:
        """Return the settings that the session of a saved model presumably had.

        Args:
            spark_version: The version of Spark that saved it; empty if unknown.
            ansi: Whether it is known that `spark.sql.ansi.enabled` was true.
        """
        major = spark_version.partition(".")[0]
        return cls(ansi=ansi or not major.isdigit() or int(major) >= _FIRST_ANSI, defaults_of=spark_version)


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
