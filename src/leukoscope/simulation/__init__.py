"""Simulated genomes, reads and cohorts, with their truth."""
