"""Where Spark runs: session, launch, log, progress, cancelling."""

from sparkops.spark.jvm_log import JvmLog
from sparkops.spark.session import Starter, start

__all__ = ["JvmLog", "Starter", "start"]
