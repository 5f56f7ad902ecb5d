"""Every operation by its name: where a new stage family is added."""

from __future__ import annotations

from ..stage import Stage
from .assemble import Assemble
from .bucketize import Bucketize
from .impute import Impute
from .index_to_string import IndexToString
from .kmeans import KMeans
from .linear import Linear
from .logistic import Logistic
from .one_hot import OneHotEncode
from .rescale import Rescale
from .string_index import StringIndex
from .tree import Trees

STAGES: dict[str, Stage] = {
    stage.op: stage
    for stage in (
        Assemble(),
        Bucketize(),
        Impute(),
        IndexToString(),
        KMeans(),
        Linear(),
        Logistic(),
        OneHotEncode(),
        Rescale(),
        StringIndex(),
        Trees(),
    )
}
