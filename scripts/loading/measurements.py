"""What clients measured: latencies by route, errors, lines of logs, and what the service used."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import quantiles

_GAUGES = ("memory_bytes", "threads", "open_files")


@dataclass
class Measurements:
    """Filled by all clients of one event loop."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)
    lines: int = 0
    reconnected: int = 0
    # For each process of the service, its samples in order.
    samples: list[list[dict[str, float]]] = field(default_factory=lambda: [[]])

    def add_metrics(self, text: str) -> None:
        """Keep a sample of what the service uses, of the text of /metrics."""
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        self.samples[-1].append({name: float(values[f"sparkops_service_{name}"]) for name in _GAUGES})

    def format(self) -> Iterator[str]:
        """Yield the lines of a report."""
        yield f"{'route':<28} {'requests':>9} {'p50 ms':>9} {'p99 ms':>9} {'max ms':>9}"
        for route, seconds in sorted(self.seconds.items()):
            p50, p99 = _find_quantiles(seconds)
            yield f"{route:<28} {len(seconds):>9,} {p50:>9.1f} {p99:>9.1f} {max(seconds) * 1000:>9.1f}"
        yield f"followers: {self.lines:,} lines, {self.reconnected:,} reconnections"
        yield "errors: " + (
            ", ".join(f"{name} {count:,}" for name, count in self.errors.most_common()) or "none"
        )
        for number, samples in enumerate(filter(None, self.samples), start=1):
            parts = [f"{name} {samples[0][name]:,.0f} -> {samples[-1][name]:,.0f}" for name in _GAUGES]
            most = ", ".join(f"{max(sample[name] for sample in samples):,.0f}" for name in _GAUGES)
            yield f"service {number}: {', '.join(parts)} (most: {most})"


def _find_quantiles(seconds: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
    return cuts[49] * 1000, cuts[98] * 1000
