"""Gene fusion calls from an alignment."""
