"""Load conf/base, conf/<env> and --set as typed settings."""
