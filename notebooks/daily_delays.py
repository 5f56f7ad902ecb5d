# Databricks notebook source
# MAGIC %md
# MAGIC # Daily delays
# MAGIC The widgets are created from the job's declaration. Their text is converted to the types of the parameters as on the
# MAGIC command line, and all errors are reported at once, before Spark is used.

# COMMAND ----------

from jobs.daily_delays import daily_delays
from sparkops import Engine
from sparkops.notebook import params

values = params(daily_delays)

# COMMAND ----------

# On Databricks the job runs in the session of this notebook (spark.mode in conf/databricks).
with Engine() as engine:
    run = engine.run(daily_delays, **values)

print(run.id, run.state, dict(run.outputs["daily_delays"]))
