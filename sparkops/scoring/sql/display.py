"""An expression written out for a message, close to the SQL it came from."""

from __future__ import annotations

from .expression import Node

_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "intdiv": "div", "mod": "%", "eq": "=", "lt": "<", "le": "<=",
    "gt": ">", "ge": ">=", "eqnull": "<=>", "and": "AND", "or": "OR",
}  # fmt: skip
_LONGEST = 160


def show(node: Node) -> str:
    """Return the text, cut where it is long."""
    text = _show(node)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _show(node: Node) -> str:
    if node.op == "column":
        return str(node.value)
    if node.op == "literal":
        return _constant(node)
    args = [_show(arg) if arg.size < _LONGEST else "..." for arg in node.args]
    if node.op in _SIGNS:
        inner = f" {_SIGNS[node.op]} ".join(args)
        return f"({inner})"
    if node.op in ("cast", "try_cast"):
        return f"{node.op}({args[0]} as {node.type})"
    more = [repr(item) for item in node.value] if isinstance(node.value, list) else []
    more += [repr(node.value)] if node.value is not None and not more else []
    return f"{node.op}({', '.join(args + more)})"


def _constant(node: Node) -> str:
    if node.type in ("float", "double") and isinstance(node.value, str):
        return repr(float.fromhex(node.value))
    if node.type == "string" and node.value is not None:
        return repr(node.value)
    return (
        "null"
        if node.value is None
        else str(node.value).lower()
        if node.type == "boolean"
        else str(node.value)
    )
