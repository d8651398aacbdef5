"""Wake-ups and events through Redis: the only package that knows arq and redis. Nothing here is the record of anything.

A wake-up is an arq job `advance(run_id)` whose id is the run's: a run that is queued already is not queued twice. It is
taken out of Redis the moment a worker picks it up; from there the lease in the store carries the run, and the sweeper
finds what was lost. So neither arq's redelivery (minutes after a kill) nor its results are relied on.
"""
