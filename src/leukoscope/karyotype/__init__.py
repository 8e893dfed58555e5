"""Gains and losses of chromosomes, from expression and, where given, allele fractions."""
