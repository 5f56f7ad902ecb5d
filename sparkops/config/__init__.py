"""conf/base, conf/<env> and --set as typed settings; the only reader of the environment."""
