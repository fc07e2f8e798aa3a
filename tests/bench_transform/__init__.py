"""The way of a million contacts from CSV to ready/, measured beside DuckDB SQL and pandas."""
