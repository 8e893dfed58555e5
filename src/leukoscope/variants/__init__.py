"""Hot-spot mutations, internal duplications and intragenic deletions."""
