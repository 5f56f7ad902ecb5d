"""Models of MLflow's other flavors (scikit-learn, ONNX, Keras, ...), each scored in a process of its own."""
