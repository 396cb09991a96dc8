"""Parquet and Arrow, with geometry in each of the forms that it has there."""
