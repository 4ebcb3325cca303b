"""What the pure core is driven by: ZeroMQ, the clock, threads, HTTP."""
