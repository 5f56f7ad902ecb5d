"""Models of MLflow flavors other than Spark (scikit-learn, ONNX, Keras, ...), each scored in its own process."""
