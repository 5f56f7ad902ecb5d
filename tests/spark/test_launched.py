"""A JVM that does not come up."""

from __future__ import annotations

import pytest

from sparkops.errors import EngineError
from sparkops.spark import JvmLog
from sparkops.spark.host import Host
from sparkops.spark.launcher import launch_spark


def test_the_error_of_a_jvm_that_exits_during_startup_is_reported(make_settings) -> None:
    settings = make_settings(spark={"conf": {"spark.driver.extraJavaOptions": "-Xmx7x"}})
    with pytest.raises(
        EngineError, match=r"JVM exited during startup \(exit code 1\): Invalid maximum heap size: -Xmx7x"
    ):
        launch_spark(settings, host=Host.current(), log=JvmLog(), app="broken")
