# Databricks notebook source
# MAGIC %md
# MAGIC # Daily sales
# MAGIC The widgets are made from the job's declaration; their text becomes typed values by the job's own rule.

# COMMAND ----------

from jobs.daily_sales import daily_sales
from sparkops import Engine
from sparkops.notebook import params

values = params(daily_sales)

# COMMAND ----------

with Engine() as engine:
    run = engine.run(daily_sales, **values)
run.outputs
