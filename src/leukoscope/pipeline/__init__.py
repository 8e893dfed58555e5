"""The packaged Snakemake workflow and what starts it."""
