"""Load conf/base, conf/<env> and --set as typed settings. The only package that reads the environment."""
