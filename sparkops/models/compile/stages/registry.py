"""Every compiler by the short name of the Spark class: where a new stage is added."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sparkops.models.compile.plan import Plan
from sparkops.models.compile.saved import Saved

from . import features, predictors, trees

Compile = Callable[[Saved, Plan], None]

COMPILERS: Mapping[str, Compile] = {
    "StringIndexerModel": features.string_indexer,
    "OneHotEncoderModel": features.one_hot_encoder,
    "ImputerModel": features.imputer,
    "Bucketizer": features.bucketizer,
    "VectorAssembler": features.vector_assembler,
    "StandardScalerModel": features.standard_scaler,
    "MinMaxScalerModel": features.min_max_scaler,
    "IndexToString": features.index_to_string,
    "LinearRegressionModel": predictors.linear_regression,
    "LogisticRegressionModel": predictors.logistic_regression,
    "KMeansModel": predictors.kmeans,
    "DecisionTreeRegressionModel": trees.tree_regressor,
    "DecisionTreeClassificationModel": trees.tree_classifier,
    "RandomForestRegressionModel": trees.forest_regressor,
    "RandomForestClassificationModel": trees.forest_classifier,
    "GBTRegressionModel": trees.boosted_regressor,
    "GBTClassificationModel": trees.boosted_classifier,
}
