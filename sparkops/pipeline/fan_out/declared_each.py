"""The values that a job declares: `@job(each={"month": range(1, 13), "origin": ColumnValues("airports", "faa")})`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.core.wording import find_closest_name
from sparkops.errors import InputError
from sparkops.pipeline.fan_out.column_values import ColumnValues, Values
from sparkops.pipeline.param import Param
from sparkops.pipeline.parameters.param_type import read_param_type
from sparkops.pipeline.parameters.value import parse_default
from sparkops.pipeline.write import Write


@dataclass(frozen=True, slots=True)
class DeclaredEach:
    """The argument `each` of the decorator.

    Args:
        declared: The argument as it is written: a mapping of parameters to their values, if it is right.
        params: The parameters of the job.
        writes: What the job writes.
    """

    declared: Any
    params: Sequence[Param]
    writes: Sequence[Write]

    @property
    def values(self) -> dict[str, Values]:
        """Return the values of each parameter, by name."""
        return {
            name: values if isinstance(values, ColumnValues) else tuple(values)
            for name, values in self.declared.items()
        }

    def find_problems(self, *, stream: str | None) -> Iterator[str]:
        """Yield what is wrong with it.

        Args:
            stream: The input table that is read as a stream.
        """
        if not isinstance(self.declared, Mapping):
            yield 'each= is a mapping of parameters to their values: each={"month": range(1, 13)}'
            return
        for name, values in self.declared.items():
            yield from self._find_value_problems(name, values)
        if self.declared and stream is not None:
            yield f"each= is not for a job that reads `{stream}` as a stream, which has one position"
        for write in self.writes if self.declared else ():
            if write.mode == "overwrite":
                columns = ", ".join(repr(name) for name in self.declared)
                yield (
                    "each= has a run for each combination of values, and each would overwrite table "
                    f"`{write.table}`: declare replace=[{columns}] if the table has these columns, or mode='append'"
                )

    def _find_value_problems(self, name: str, values: Any) -> Iterator[str]:
        names = [param.name for param in self.params]
        param = next((param for param in self.params if param.name == name), None)
        if param is None:
            closest = find_closest_name(name, names)
            hint = f", did you mean {closest!r}?" if closest else f"; they are {', '.join(names) or 'none'}"
            yield f"each= names {name!r}, which is not one of its parameters{hint}"
        elif read_param_type(param.annotation).kind == "secret":
            yield f"each= names {name!r}, which is a secret: a record does not show it, so runs cannot differ by it"
        elif not isinstance(values, ColumnValues):
            yield from _find_list_problems(param, values)


def _find_list_problems(param: Param, values: Any) -> Iterator[str]:
    if isinstance(values, str) or not isinstance(values, Iterable) or isinstance(values, Iterator):
        yield f"each= has {values!r} as the values of `{param.name}`: give a list, a range or ColumnValues"
        return
    values = list(values)
    if not values:
        yield f"each= has no values of `{param.name}`"
    for value in values:
        try:
            parse_default(param, value)
        except InputError as error:
            yield f"each= has a value that its parameter does not take: {error}"
            return
    [(repeated, count)] = Counter(map(repr, values)).most_common(1) or [("", 0)]
    if count > 1:
        yield f"each= has {repeated} twice as a value of `{param.name}`"
