"""Values of CSV, JSON and text files that Spark's readers would change without a word; a strict source refuses them.

- Bytes that are not of the encoding become the replacement character U+FFFD.
- A decimal with more digits than declared is rounded. It is read as text, and compared.
- A time without a zone that the session's time zone skips (an hour in spring) is moved. It is read as text and
  compared.

The checks are expressions of the plan: they cost no pass of their own, and hold for batches, streams and any storage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sparkops.core.column_name import quote_column
from sparkops.tables.catalog import Location
from sparkops.tables.sources.decimal_text import has_decimal, replace_decimals_by_text, to_decimals

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType, StructType

_STRICT_MODE, _LOCALE = "FAILFAST", "en-us"
# Begins the text of an error that these checks raise.
REFUSED = "sparkops refuses a value: "


@dataclass(frozen=True, slots=True)
class ValueChecks:
    """The checks of the values of one source.

    Args:
        location: The source.
        declared: Its columns as declared.
        time_zone: Time zone of the session.
    """

    location: Location
    declared: StructType
    time_zone: str

    def build_schema(self) -> StructType:
        """Return the columns to read: decimals and times as text, where they are compared afterwards."""
        from pyspark.sql.types import StructField, StructType

        fields = [
            StructField(field.name, self._choose_type_to_read(field.dataType), field.nullable)
            for field in self.declared.fields
        ]
        return StructType(fields)

    def apply(self, frame: DataFrame) -> DataFrame:
        """Return the frame with its declared types, whose values are compared when they are read."""
        from pyspark.sql.types import StringType

        checked: dict[str, Column] = {}
        for field in self.declared.fields:
            if isinstance(field.dataType, StringType):
                checked[field.name] = self._check_text(field.name)
            elif self._is_read_as_text(field.dataType):
                checked[field.name] = self._check_time(field.name)
            elif self._has_checked_decimal(field.dataType):
                checked[field.name] = self._check_digits(field.name, field.dataType)
        return frame.withColumns(checked) if checked else frame

    def _choose_type_to_read(self, data_type: DataType) -> DataType:
        from pyspark.sql.types import StringType

        if self._is_read_as_text(data_type):
            return StringType()
        return replace_decimals_by_text(data_type) if self._has_checked_decimal(data_type) else data_type

    def _has_checked_decimal(self, data_type: DataType) -> bool:
        """Return whether decimals are read as text and compared.

        They are not where the reader turns invalid numbers into null, or reads numbers such as `1.234,5`.
        """
        options = {name.lower(): value for name, value in self.location.options.items()}
        is_default = options.get("mode", _STRICT_MODE).upper() == _STRICT_MODE
        is_default &= options.get("locale", _LOCALE).replace("_", "-").lower() == _LOCALE
        return is_default and has_decimal(data_type)

    def _is_read_as_text(self, data_type: DataType) -> bool:
        from pyspark.sql.types import TimestampType

        return isinstance(data_type, TimestampType) and _has_skipped_hours(self.time_zone)

    def _check_text(self, name: str) -> Column:
        from pyspark.sql import functions as F

        column = F.col(quote_column(name))
        advice = f"set `tables.{self.location.table}.encoding`, for example to ISO-8859-1"
        problem = f"is not {self.location.encoding}"
        is_bad = column.contains("\ufffd")
        if self.location.format == "text":
            is_bad = ~F.is_valid_utf8(column)
        return F.when(is_bad, self._refuse(name, column, problem, advice)).otherwise(column)

    def _check_digits(self, name: str, declared: DataType) -> Column:
        from pyspark.sql import functions as F

        def refuse(value: Column, problem: str, needs_digits: bool, data_type: DataType) -> Column:
            more = f"declare more digits in `tables.{self.location.table}.schema`"
            advice = more if needs_digits else "correct the record"
            return self._refuse(name, value, problem, advice, data_type)

        return to_decimals(F.col(quote_column(name)), declared, refuse)

    def _check_time(self, name: str) -> Column:
        from pyspark.sql import functions as F

        column = F.col(quote_column(name))
        pattern = self.location.options.get("timestampFormat")
        form = [F.lit(pattern)] if pattern else []
        moment = F.try_to_timestamp(column, *form)
        local = _parse_local_time(column, pattern)
        skipped = f"does not exist in the time zone {self.time_zone}"
        advice = "add a zone to the times, or declare TIMESTAMP_NTZ"
        wrong_type = self._refuse(name, column, "is not a timestamp", "correct the record", "timestamp")
        return (
            F.when(column.isNull(), F.lit(None).cast("timestamp"))
            .when(moment.isNull(), wrong_type)
            .when(
                moment.cast("timestamp_ntz") != local,
                self._refuse(name, column, skipped, advice, "timestamp"),
            )
            .otherwise(moment)
        )

    def _refuse(
        self, name: str, value: Column, problem: str, advice: str, data_type: DataType | str = "string"
    ) -> Column:
        """Return an expression that raises an error with the file and the value."""
        from pyspark.sql import functions as F

        end = f" {problem}: {advice}, or read it as it is with `tables.{self.location.table}.strict: false`."
        message = F.concat(
            F.lit(f"{REFUSED}Source `{self.location.table}`: "),
            F.coalesce(F.regexp_replace("_metadata.file_path", "^file:/*", "/"), F.lit("a file")),
            F.lit(f": column `{name}`: "),
            F.coalesce(F.substring(value.cast("string"), 1, 80), F.lit("a value")),
            F.lit(end),
        )
        return F.raise_error(message).cast(data_type)


def _parse_local_time(column: Column, pattern: str | None) -> Column:
    """Return a time without a zone as it is written; null where the text has a zone."""
    from pyspark.sql import functions as F

    if pattern is None:
        has_zone = column.rlike(r"(?i)(z|utc|gmt|[+-]\d{1,2}(:?\d{2})?|[a-z]+/[a-z_]+)\s*$") & column.rlike(
            ":"
        )
        return F.when(~has_zone, column.try_cast("timestamp_ntz"))
    if any(letter in pattern for letter in "VzOXxZ"):
        return F.lit(None).cast("timestamp_ntz")
    return F.to_timestamp_ntz(column, F.lit(pattern))


def _has_skipped_hours(time_zone: str) -> bool:
    """Return whether clocks of a time zone were ever set forward."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        # An offset, such as +02:00, skips nothing.
        return False
    offsets: Callable[[Any], Any] = zone.utcoffset
    days = (datetime(year, month, 1) for year in range(1970, 2038) for month in (1, 7))  # noqa: DTZ001
    return len(set(map(offsets, days))) > 1
