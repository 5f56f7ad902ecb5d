"""Import what Great Expectations needs of pyspark.ml, in one thread at a time.

The modules of pyspark.ml import one another. If two threads import different ones at once (for example, a job's file is
imported while the background thread imports Great Expectations), one of them sees a module that is only half
initialized. Both threads import this module first, so that its import lock makes one of them wait.
"""

import pyspark.ml.feature  # noqa: F401
