"""The shell that drives the pure core: ZeroMQ, the clock, threads, HTTP."""
