"""How long `errand serve` takes to the printed link, and what it uses while nobody talks to it.

    python benchmarks/start.py [--starts 5] [--idle 20]

The first start makes the data folder, the database and the index; the later ones find them. Times are of the whole
process, from its launch to the line with the link. CPU and memory are read from the operating system, redis-server included.
"""

from __future__ import annotations

import argparse
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ERRAND = Path(sys.executable).with_name("errand")
_TICKS = 100
_PAGE_KB = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first = _start(folder)
        _stop(first[0])
        later = []
        for _ in range(options.starts):
            process, took = _start(folder)
            later.append(took)
            _stop(process)
        process, _ = _start(folder)
        time.sleep(5)
        cpu, memory = _idle(process.pid, options.idle)
        _stop(process)
    print("\n| what | figure |")
    print("|---|---|")
    print(f"| first start to the link | {first[1]:.2f} s |")
    print(f"| later starts to the link, median of {options.starts} | {statistics.median(later):.2f} s |")
    print(f"| idle CPU over {options.idle:.0f} s, all processes | {cpu:.2f} % of a core |")
    print(f"| memory (resident), all processes | {memory:.0f} MB |")


def _start(folder: str) -> tuple[subprocess.Popen[str], float]:
    begun = time.perf_counter()
    process = subprocess.Popen(
        [_ERRAND, "serve", "--port", "0", "--data", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(r"/login\?token=", line):
            return process, time.perf_counter() - begun
    raise SystemExit("errand serve did not start")


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)


def _idle(pid: int, seconds: float) -> tuple[float, float]:
    """Percent of a core, and resident MB, of a process and its children."""
    pids = [pid, *_children(pid)]
    before = sum(map(_ticks, pids))
    time.sleep(seconds)
    after = sum(map(_ticks, pids))
    memory = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) * _PAGE_KB / 1024 for one in pids)
    return (after - before) / _TICKS / seconds * 100, memory


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _children(pid: int) -> list[int]:
    return [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]


if __name__ == "__main__":
    main()
