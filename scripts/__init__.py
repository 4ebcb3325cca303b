"""Command-line tools; they import only `common`."""
