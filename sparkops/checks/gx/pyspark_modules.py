"""Import what Great Expectations needs of pyspark.ml, in one thread at a time.

Its modules import one another. If two threads import different ones at once, for example the file of a job and Great Expectations
in its background thread, one of them sees a module that is only half initialized. Whoever imports this module holds its lock.
"""

import pyspark.ml.feature  # noqa: F401
