# Databricks notebook source
# MAGIC %md
# MAGIC # Daily sales
# MAGIC On Databricks, widgets are created from the job's declaration, and their text is converted to the types of the
# MAGIC parameters. Elsewhere the values below are used, unless arguments replace them:
# MAGIC `python notebooks/daily_sales.py --day 2024-03-03`.

# COMMAND ----------

import sys
from pathlib import Path

# The project is the folder above notebooks/, where Jupyter starts.
folder = Path.cwd()
sys.path.insert(0, str(folder.parent if folder.name == "notebooks" else folder))

# COMMAND ----------

from jobs.daily_sales import daily_sales
from sparkops import Engine
from sparkops.notebook import params

values = params(daily_sales, defaults={"day": "2024-03-02"})

# COMMAND ----------

with Engine() as engine:
    engine.flow(["orders"])
    run = engine.run(daily_sales, **values)
    rows = engine.preview("daily_sales")

# COMMAND ----------

print(run)
rows
