"""Dated, sourced tables of what is known about B-ALL."""
