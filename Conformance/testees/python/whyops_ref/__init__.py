"""The WhyOps protocol in plain Python, written from spec/ alone. Start with `signature`, then `exchange_request` and `reply`."""
