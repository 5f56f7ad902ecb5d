# Databricks notebook source
# MAGIC %md
# MAGIC # Daily delays
# MAGIC Widgets come from the job's own declaration. Their text becomes typed values by the same rule as on the
# MAGIC command line, and all that is wrong is said at once, before Spark is asked for anything.

# COMMAND ----------

from jobs.daily_delays import daily_delays
from sparkops import Engine
from sparkops.notebook import params

values = params(daily_delays)

# COMMAND ----------

# On a cluster the session that runs this notebook is the one that runs the job (conf/databricks: spark.mode).
with Engine() as engine:
    run = engine.run(daily_delays, **values)

print(run.id, run.state, dict(run.outputs["daily_delays"]))
