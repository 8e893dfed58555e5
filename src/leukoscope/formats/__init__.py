"""Readers and writers: one module per tool or file kind; coordinates are converted here and nowhere else."""
