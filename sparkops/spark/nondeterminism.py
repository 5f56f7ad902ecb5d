"""Find the non-deterministic expressions of an analysed plan, and the columns that depend on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sparkops.pipeline.reports.replay_verdict import NondeterministicExpression

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_TIME, _RANDOM = "the time of the run", "random numbers, and the order and partitions of rows"
_PARTITIONS, _ORDER = "how rows are partitioned", "the order of rows, which Spark does not fix"
_FILES = "names of files"
# Name of a function, and what its value depends on.
_Origin = tuple[str, str]
# Origin by the class of Spark's expression.
_EXPRESSIONS: Final[dict[str, _Origin]] = {
    "CurrentDate": ("current_date", _TIME),
    "CurDateExpressionBuilder": ("curdate", _TIME),
    "CurrentTimestamp": ("current_timestamp", _TIME),
    "CurrentBatchTimestamp": ("current_timestamp", _TIME),
    "CurrentTime": ("current_time", _TIME),
    "Now": ("now", _TIME),
    "LocalTimestamp": ("localtimestamp", _TIME),
    "CurrentUser": ("current_user", "the user"),
    "Rand": ("rand", _RANDOM),
    "Randn": ("randn", _RANDOM),
    "RandStr": ("randstr", _RANDOM),
    "Uniform": ("uniform", _RANDOM),
    "Uuid": ("uuid", _RANDOM),
    "Shuffle": ("shuffle", _RANDOM),
    "MonotonicallyIncreasingID": ("monotonically_increasing_id", _PARTITIONS),
    "SparkPartitionID": ("spark_partition_id", _PARTITIONS),
    "InputFileName": ("input_file_name", _FILES),
    "InputFileBlockStart": ("input_file_block_start", _FILES),
    "InputFileBlockLength": ("input_file_block_length", _FILES),
    "First": ("first", _ORDER),
    "Last": ("last", _ORDER),
    "AnyValue": ("any_value", _ORDER),
    "CollectList": ("collect_list", _ORDER),
    "CollectSet": ("collect_set", _ORDER),
    "CollectTopK": ("collect_top_k", _ORDER),
    "ListAgg": ("listagg", _ORDER),
}
# Expressions that are deterministic in a window with an order, except for ties.
_ORDERED: Final = {"First", "Last", "CollectList"}
# Origin by the class of a plan node that does not select the same rows at each run.
_PLANS: Final[dict[str, _Origin]] = {
    "Sample": ("sample", _RANDOM),
    "Deduplicate": ("dropDuplicates", "which row of equal ones comes first"),
    "GlobalLimit": ("limit", _ORDER),
    "Tail": ("tail", _ORDER),
    "Offset": ("offset", _ORDER),
}
# Plan nodes that a sort below makes deterministic, and the nodes that may be between them.
_SORTED: Final = {"GlobalLimit", "Tail", "Offset"}
_ORDER_PRESERVING: Final = {"Project", "LocalLimit", "GlobalLimit", "SubqueryAlias", "Filter"}
_FUNCTION = "a function whose author marked it as non-deterministic"


def find_nondeterministic(frame: DataFrame) -> tuple[NondeterministicExpression, ...]:
    """Return the non-deterministic expressions in the analysed plan of a frame, with the columns that depend on them.

    Under Spark Connect there is no plan to look at, and none is returned.
    """
    java_frame = getattr(frame, "_jdf", None)
    if java_frame is None:
        return ()
    plan = java_frame.queryExecution().analyzed()
    flow = _Flow()
    flow.follow(plan)
    columns: dict[_Origin, list[str]] = {origin: [] for origin in flow.origins}
    for attribute in _iterate(plan.output()):
        for origin in flow.columns.get(_read_id(attribute), ()):
            columns[origin].append(str(attribute.name()))
    return tuple(
        NondeterministicExpression(name, tuple(dict.fromkeys(names)), reason)
        for (name, reason), names in columns.items()
    )


@dataclass(slots=True)
class _Flow:
    """Which columns of a plan depend on which non-deterministic expressions.

    Args:
        columns: Id of a column to the expressions that it depends on.
        origins: All expressions, in the order of the plan.
    """

    columns: dict[int, set[_Origin]] = field(default_factory=dict)
    origins: dict[_Origin, None] = field(default_factory=dict)

    def follow(self, plan: Any) -> None:
        """Follow a plan from its inputs to its result."""
        children = list(_iterate(plan.children()))
        for child in children:
            self.follow(child)
        for inner in _iterate(plan.subqueries()):
            self.follow(inner)
        kind = _read_class(plan)
        is_exact = (kind in _SORTED and _has_sort(children)) or _has_all_keys(plan, kind)
        if kind in _PLANS and not is_exact:
            self.origins[_PLANS[kind]] = None
        for expression in _iterate(plan.expressions()):
            self._follow_expression(expression)
        if kind == "Union":
            self._join_outputs(plan, children)

    def _follow_expression(self, expression: Any) -> None:
        origins = set(self._find_origins(expression, is_ordered=False))
        self.origins |= dict.fromkeys(origins)
        for attribute in _iterate(expression.references().toSeq()):
            origins |= self.columns.get(_read_id(attribute), set())
        if origins and _is_named(expression):
            self.columns.setdefault(_read_id(expression), set()).update(origins)

    def _find_origins(self, expression: Any, *, is_ordered: bool) -> Iterator[_Origin]:
        """Yield the non-deterministic expressions in an expression; their arguments are not searched."""
        kind = _read_class(expression)
        if kind in _EXPRESSIONS and not (kind in _ORDERED and is_ordered):
            yield _EXPRESSIONS[kind]
            return
        if kind.endswith("UDF") and not expression.deterministic():
            yield str(expression.name()), _FUNCTION
            return
        if kind == "WindowExpression":
            is_ordered = not expression.windowSpec().orderSpec().isEmpty()
        for child in _iterate(expression.children()):
            yield from self._find_origins(child, is_ordered=is_ordered)

    def _join_outputs(self, plan: Any, children: list[Any]) -> None:
        """Give each column of a union the origins of the columns at its position in the inputs."""
        outputs = [list(_iterate(child.output())) for child in children]
        for position, attribute in enumerate(_iterate(plan.output())):
            origins = set()
            for output in outputs:
                origins |= self.columns.get(_read_id(output[position]), set())
            if origins:
                self.columns.setdefault(_read_id(attribute), set()).update(origins)


def _is_named(expression: Any) -> bool:
    return _read_class(expression) in ("Alias", "AttributeReference")


def _read_class(node: Any) -> str:
    return str(node.getClass().getSimpleName()).removesuffix("$")


def _read_id(attribute: Any) -> int:
    return int(attribute.exprId().id())


def _has_all_keys(plan: Any, kind: str) -> bool:
    """Return whether duplicates are removed by all columns, so that it does not matter which row stays."""
    return kind == "Deduplicate" and int(plan.keys().size()) >= int(plan.output().size())


def _has_sort(children: list[Any]) -> bool:
    """Return whether a sort is below a limit, with nothing between them that changes the order."""
    while len(children) == 1:
        kind = _read_class(children[0])
        if kind == "Sort":
            return True
        if kind not in _ORDER_PRESERVING:
            return False
        children = list(_iterate(children[0].children()))
    return False


def _iterate(sequence: Any) -> Iterator[Any]:
    """Yield the items of a Scala sequence."""
    iterator = sequence.iterator()
    while iterator.hasNext():
        yield iterator.next()
