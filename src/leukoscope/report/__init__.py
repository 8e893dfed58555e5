"""Pages and figures: views of what the analysis found."""
