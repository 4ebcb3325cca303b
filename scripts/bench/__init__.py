"""The benchmarks: what Hubbub costs, beside its peers in the same run."""
