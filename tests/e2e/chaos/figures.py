"""What a storm did and what came of it, to be printed at the end of a test run."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median


@dataclass(kw_only=True)
class Figures:
    """Times to resume are counted from the kill until another worker has taken over what the dead one held."""

    storm: str
    seed: int
    lease_s: float
    runs: int = 0
    succeeded: int = 0
    failed: int = 0
    kills: int = 0
    pauses: int = 0
    redis_flushes: int = 0
    redis_restarts: int = 0
    postgres_restarts: int = 0
    resumes: list[float] = field(default_factory=list)
    effects: int = 0
    attempts: int = 0
    checks_asked: int = 0
    doubles: int = 0
    lost: int = 0

    def as_json(self) -> dict[str, object]:
        figures = {name: value for name, value in vars(self).items() if name != "resumes"}
        times = sorted(self.resumes)
        return figures | {
            "resumes": len(times),
            "resume_p50_s": round(median(times), 2) if times else None,
            "resume_max_s": round(times[-1], 2) if times else None,
        }
