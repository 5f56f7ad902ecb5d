"""Start Spark, find its session, follow and cancel its jobs."""

from sparkops.spark.cancel import cancel, find_active_jobs, tag_jobs
from sparkops.spark.jvm_log import JvmLog
from sparkops.spark.progress import ProgressWatcher, Snapshot, read_snapshot
from sparkops.spark.session import Starter, start

__all__ = [
    "JvmLog",
    "ProgressWatcher",
    "Snapshot",
    "Starter",
    "cancel",
    "find_active_jobs",
    "read_snapshot",
    "start",
    "tag_jobs",
]
