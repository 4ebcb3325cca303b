"""The command-line tools. They import `common`, and neither broker nor gateway."""
