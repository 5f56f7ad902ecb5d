"""Frames computed once into Parquet files beside the tables."""
