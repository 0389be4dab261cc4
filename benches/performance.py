#!/usr/bin/env python3
"""Measures a live capture under load and an endless one, and writes the part of docs/performance.md about them.

    benches/performance.py [--live BENCH] [--endless BENCH] [--program RTCSCOPE] [--hours H] [--calls N]

As root, on Linux, on a machine that does nothing else. Without paths the benchmarks and the program are built; `--live` and `--endless` are
benchmarks built before, `--program` the program that reads the endless capture.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def bench(name, path, *numbers):
    """The command that runs a benchmark."""
    words = [str(number) for number in numbers]
    if path:
        return [path, *words]
    return ["cargo", "bench", "--quiet", "--bench", name, "--", *words]


def flood(path, rate, seconds, buffer):
    print(f"{rate} packets a second for {seconds} s, a ring of {buffer} kB", flush=True)
    command = bench("live", path, rate, seconds, buffer)
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return json.loads(said.strip().splitlines()[-1])


def resident(pid):
    """Resident memory in MB, without the pages of files; None once the process has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            found = re.search(r"RssAnon:\s+(\d+)", status.read())
    except OSError:
        return None
    return int(found[1]) / 1024 if found else None


def processor(pid):
    """Seconds of processor time."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Memory(threading.Thread):
    """The least and the most resident memory of a process, by minute of packet time."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.minute, self.extremes = pid, 0, {}

    def run(self):
        while (now := resident(self.pid)) is not None:
            least, most = self.extremes.get(self.minute, (now, now))
            self.extremes[self.minute] = (min(least, now), max(most, now))
            time.sleep(0.1)


def endless(path, program, hours, calls):
    """(minute of packet time, packets, least memory, most memory, processor seconds), one for each minute; and what the report says of the capture."""
    print(f"{calls} calls at once for {hours} hours of packet time", flush=True)
    source = subprocess.Popen(
        bench("endless", path, hours, calls), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    reader = subprocess.Popen(
        [program, "report", "--format", "json", "-"], stdin=source.stdout, stdout=subprocess.PIPE
    )
    source.stdout.close()
    memory, samples = Memory(reader.pid), []
    memory.start()
    for line in source.stderr:
        told = re.fullmatch(rb"(\d+) (\d+)\s*", line)
        if told:
            minute, packets = int(told[1]), int(told[2])
            least, most = memory.extremes.get(memory.minute, (0, 0))
            samples.append((minute, packets, least, most, processor(reader.pid)))
            memory.minute = minute
        else:
            print(line.decode(errors="replace"), end="", flush=True)
    report = json.loads(reader.stdout.read())
    codes = source.wait(), reader.wait()
    if codes != (0, 0) or report["capture"]["quality"]["cutShort"]:
        raise SystemExit(f"the capture did not come through: {codes}")
    return samples, report["capture"]


def floods(path, cases, seconds):
    rows = []
    for rate, buffer in cases:
        told = flood(path, rate, seconds, buffer)
        on_screen = "yes" if told["dropsOnScreen"] else "no"
        rows.append(
            f"| {told['perSecond']:.0f} | {buffer} | {told['sent']} | {told['captured']} | {told['dropped']} | {on_screen} | {told['calls']} |"
        )
    return "\n".join(rows)


def steadiness(samples):
    """Memory after ten minutes, and the processor time of a packet, in ten parts of the capture."""
    steady = [sample for sample in samples if sample[0] > 10] or samples
    least, most = min(sample[2] for sample in steady), max(sample[3] for sample in steady)
    middle = (least + most) / 2
    part = max(1, len(steady) // 10)
    rows = []
    for first in range(0, len(steady) - part, part):
        some = steady[first : first + part + 1]
        packets, spent = some[-1][1] - some[0][1], some[-1][4] - some[0][4]
        each = spent / packets * 1e9 if packets else 0
        low, high = min(s[2] for s in some[1:]), max(s[3] for s in some[1:])
        rows.append(f"| {some[0][0]}–{some[-1][0]} | {packets} | {each:.0f} | {low:.0f} | {high:.0f} |")
    return middle, (most - least) / 2 / middle * 100, "\n".join(rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--live", metavar="BENCH")
    parser.add_argument("--endless", metavar="BENCH")
    parser.add_argument("--program", default=ROOT / "target/release/rtcscope")
    parser.add_argument("--hours", type=float, default=6)
    parser.add_argument("--calls", type=int, default=200)
    wanted = parser.parse_args()
    if not wanted.live:
        subprocess.run(["cargo", "build", "--release"], cwd=ROOT, check=True)
    table = floods(wanted.live, [(200_000, DEFAULT_KB), (5_000_000, DEFAULT_KB), (5_000_000, LITTLE_KB)], 30)
    samples, capture = endless(wanted.endless, wanted.program, wanted.hours, wanted.calls)
    middle, spread, rows = steadiness(samples)
    quality = capture["quality"]
    place = ROOT / "docs/performance.md"
    others = place.read_text(encoding="utf-8").split(BEGIN)[0].rstrip()
    place.write_text(
        f"{others}\n\n{BEGIN}\n\n"
        + TEXT.format(
            cores=os.cpu_count(),
            floods=table,
            hours=f"{wanted.hours:g}",
            calls=wanted.calls,
            packets=capture["packets"],
            evicted=quality.get("evictedCalls", 0),
            middle=f"{middle:.0f}",
            spread=f"{spread:.1f}",
            rows=rows,
        ),
        encoding="utf-8",
    )


# The ring of `rtcscope live`, unless told otherwise; and one that a busy machine is sure to overrun.
DEFAULT_KB, LITTLE_KB = 65_536, 256

BEGIN = "<!-- written by benches/performance.py, to the end -->"

TEXT = """## A flood of packets, live

`cargo bench --bench live`, which `benches/performance.py` runs: `rtcscope live` with its screens open and `-w`, on one end of a virtual cable. Into the
other end, by the same {cores} cores: UDP packets of 60 bytes for 30 seconds, and a recorded call among them. In the second row and the third five senders
take all that they can have of the processors; in the third the kernel's ring is small.

| packets/s | ring, kB | sent | captured | dropped by the kernel | said on the screen | calls found |
| ---: | ---: | ---: | ---: | ---: | --- | ---: |
{floods}

Whether a small ring overflows depends on what else the machine does. What is dropped is counted in the file, stands in the title of the screens, and in the report as `capture.quality.droppedPackets`.

## A capture without an end

`cargo bench --bench endless -- {hours} {calls} | rtcscope report --format json -`: {hours} hours of packet time, {calls} calls at once that come and go
every 18 seconds, {packets} packets, {evicted} calls that made room. Ten times a second memory was looked at: after the first ten minutes of packet time it
is {middle} MB ± {spread} % (aim: ± 5 %).

| minute | packets | ns of processor time for each | least MB | most MB |
| --- | ---: | ---: | ---: | ---: |
{rows}
"""

if __name__ == "__main__":
    main()
