"""Print the state of the flights project: table versions, check results, model, report, duration of each job."""

from __future__ import annotations

from sparkops import Engine
from sparkops.cli.display.format import format_duration, format_value
from sparkops.errors import SparkopsError

JOBS = (
    "clean_flights",
    "clean_weather",
    "flight_features",
    "train_late_arrival",
    "score_flights",
    "delay_report",
)


def main() -> None:
    engine = Engine()
    runs = {
        job: next((r for r in engine.runs.list_newest(job=job) if r.state == "done"), None) for job in JOBS
    }
    done = {job: run for job, run in runs.items() if run is not None}
    print("\nTables")
    for run in done.values():
        for name, out in run.outputs.items():
            print(
                f"  {name:<22} version {out['version']:<3} {out['rows']:>9,} rows   by {run.job}, run {run.id}"
            )
    print("Checks")
    for run in done.values():
        if run.checks:
            passed = sum(check["success"] for check in run.checks)
            failed = [
                f"{c['policy']}: {c['expectation']}({format_value(c['kwargs'].get('column', ''))}) {c['unexpected'] or ''} rows"
                for c in run.checks
                if not c["success"]
            ]
            print(
                f"  {run.job:<22} {passed} of {len(run.checks)} passed"
                + "".join(f"\n      {line}" for line in failed)
            )
    print("Model")
    try:
        model = engine.models.show("late_arrival")
    except SparkopsError as error:
        print(f"  {error}")
    else:
        aliases = " ".join("@" + alias for alias in model.aliases)
        print(
            f"  {model.name}/{model.version} {aliases}   "
            + ", ".join(f"{k} {v:.4f}" for k, v in model.metrics.items())
        )
        print(f"  scorer equal to Spark on {model.parity} rows; trained on {dict(model.tables)}")
    if "delay_report" in done:
        print(f"Report\n  {done['delay_report'].report}")
    print("Runs\n  " + ", ".join(f"{job} {format_duration(run.seconds)}" for job, run in done.items()))


if __name__ == "__main__":
    main()
