"""Start Spark, find its session, follow and cancel its jobs."""

from sparkops.spark.cancel import active_jobs, cancel, tag_jobs
from sparkops.spark.jvm_log import JvmLog
from sparkops.spark.progress import ProgressWatcher, Snapshot, snapshot
from sparkops.spark.session import Starter, start

__all__ = [
    "JvmLog",
    "ProgressWatcher",
    "Snapshot",
    "Starter",
    "active_jobs",
    "cancel",
    "snapshot",
    "start",
    "tag_jobs",
]
