# Databricks notebook source
# MAGIC %md
# MAGIC # Daily delays
# MAGIC The widgets are created from the job's declaration. Their text is converted to the types of the parameters as on the
# MAGIC command line, and all errors are reported at once, before Spark is used.

# COMMAND ----------

import sys
from pathlib import Path

# The project is the folder above notebooks/, where Jupyter starts.
folder = Path.cwd()
sys.path.insert(0, str(folder.parent if folder.name == "notebooks" else folder))

# COMMAND ----------

from jobs.daily_delays import daily_delays
from sparkops import Engine
from sparkops.notebook import params

values = params(daily_delays, defaults={"day": "2013-07-04"})

# COMMAND ----------

# On Databricks the job runs in the session of this notebook (spark.mode in conf/databricks).
with Engine() as engine:
    run = engine.run(daily_delays, **values)

print(run)
