# Databricks notebook source
# MAGIC %md
# MAGIC # Daily sales
# MAGIC The widgets are created from the job's declaration; their text is converted to the types of the parameters.

# COMMAND ----------

from jobs.daily_sales import daily_sales
from sparkops import Engine
from sparkops.notebook import params

values = params(daily_sales)

# COMMAND ----------

with Engine() as engine:
    run = engine.run(daily_sales, **values)
run.outputs
