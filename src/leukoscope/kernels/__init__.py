"""Numba kernels: arrays in, arrays or numbers out; no tables, no strings, no files."""
