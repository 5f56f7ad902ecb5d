"""Where Spark runs: session, launch, log, progress, cancelling."""

from sparkops.spark.cancel import active_jobs, cancel, tagged
from sparkops.spark.jvm_log import JvmLog
from sparkops.spark.progress import Snapshot, Watcher, snapshot
from sparkops.spark.session import Starter, start

__all__ = ["JvmLog", "Snapshot", "Starter", "Watcher", "active_jobs", "cancel", "snapshot", "start", "tagged"]
