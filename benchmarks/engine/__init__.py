"""How fast runs are, beside other engines that do the same work. Everything is started here; nothing outside is called.

    python -m benchmarks.engine                      # all parts
    python -m benchmarks.engine w3 steps             # some of: w3, steps, webhook, idle

| part | what it measures |
|---|---|
| w3 | three durable steps (HTTP GET of JSON, reshape, HTTP POST): runs/s when all wait, latency one at a time |
| steps | one run of 40 steps, each an HTTP request that takes 10 ms |
| webhook | a webhook that starts a run of one step and answers with its result, 25 connections |
| idle | how soon a worker picks a run up, and what it uses while there is none |
"""
