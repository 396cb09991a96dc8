"""Find, load and run the code of a UDF, with all it may load and use."""
