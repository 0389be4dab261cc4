#!/usr/bin/env python3
"""Times rtcscope beside tshark on one large capture: the same machine, the same file, one after the other.

usage: benches/versus_tshark.py [--calls 500] [--bytes 1000000000] [--keep FILE]

The capture is grown from captures/lossy: as many calls at once as asked, each with hosts of its own, and their media going on until the
file has its size. Both programs must find the streams; both read a file that is in the page cache. Prints seconds, packets per second,
the processor time, the ratio, and the peak memory of each. Needs tshark, and GNU time as /usr/bin/time.
"""

import argparse
import heapq
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CALL = ROOT / "captures/lossy/capture.pcapng"


def recorded():
    """Frames of the recorded call as (nanoseconds from its start, bytes)."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as plain:
        command = ["tshark", "-r", CALL, "-F", "nsecpcap", "-w", plain.name]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        data = pathlib.Path(plain.name).read_bytes()
    at, frames = 24, []
    while at + 16 <= len(data):
        seconds, nanos, length, _ = struct.unpack_from("<IIII", data, at)
        at += 16
        frames.append((seconds * 10**9 + nanos, data[at : at + length]))
        at += length
    start = frames[0][0]
    return [(when - start, frame) for when, frame in frames]


def is_media(frame):
    """Ethernet, IPv4, UDP, RTP and not RTCP."""
    return (
        len(frame) > 54
        and frame[12:14] == b"\x08\x00"
        and frame[23] == 17
        and 128 <= frame[42] < 192
        and not 192 <= frame[43] < 224
    )


def renamed(frame, call):
    """The frame between hosts of this call's own: 10.call.x for private addresses, 11.call.x for public ones."""
    if frame[12:14] != b"\x08\x00":
        return frame
    number = struct.pack(">H", call)
    hosts = b""
    for at in (26, 30):
        network = b"\x0a" if frame[at] == 192 else b"\x0b"
        hosts += network + number + frame[at + 3 : at + 4]
    return frame[:26] + hosts + frame[34:]


def later(frame, round_):
    """A media frame of a later round: sequence number and timestamp go on."""
    sequence, timestamp = struct.unpack_from(">HI", frame, 44)
    sequence = (sequence + 1000 * round_) & 0xFFFF
    timestamp = (timestamp + 2_000_000 * round_) & 0xFFFFFFFF
    return frame[:44] + struct.pack(">HI", sequence, timestamp) + frame[50:]


def one_call(frames, call, rounds, spread):
    """All frames of one copy, in order of time."""
    span = frames[-1][0]
    media = [(when, frame) for when, frame in frames if is_media(frame)]
    shift = call * spread
    for when, frame in frames:
        yield when + shift, renamed(frame, call)
    for round_ in range(1, rounds):
        for when, frame in media:
            yield when + shift + round_ * span, renamed(later(frame, round_), call)


def grow(path, calls, size):
    """Writes the capture; gives its number of packets."""
    frames = recorded()
    control = sum(16 + len(frame) for _, frame in frames)
    media = sum(16 + len(frame) for _, frame in frames if is_media(frame))
    # Rounds of media that make up what is missing, dealt out among the calls: the file has the size asked for, and hardly more.
    rounds = max(0, -(-(size - calls * control) // media))
    spread = 60 * 10**9 // calls
    copies = [
        one_call(frames, call, 1 + (rounds + call) // calls, spread)
        for call in range(calls)
    ]
    start = 1_800_000_000 * 10**9
    count = 0
    with open(path, "wb", buffering=1 << 22) as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for when, frame in heapq.merge(*copies, key=lambda item: item[0]):
            seconds, nanos = divmod(start + when, 10**9)
            out.write(struct.pack("<IIII", seconds, nanos, len(frame), len(frame)) + frame)
            count += 1
    return count


def timed(command, output):
    """Seconds on the clock, seconds of processor time, and peak memory in MB of one run."""
    begin = time.monotonic()
    run = subprocess.run(
        ["/usr/bin/time", "-v", *map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
    )
    seconds = time.monotonic() - begin
    if run.returncode:
        sys.exit(f"{command[0]} failed: {run.stderr[-500:]}")


    def figure(name):
        return float(re.search(re.escape(name) + r": ([\d.]+)", run.stderr).group(1))

    busy = figure("User time (seconds)") + figure("System time (seconds)")
    return seconds, busy, figure("Maximum resident set size (kbytes)") / 1000


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--calls", type=int, default=500)
    options.add_argument("--bytes", type=int, default=10**9)
    options.add_argument("--keep", metavar="FILE", help="where the capture goes and stays")
    options = options.parse_args()
    if not shutil.which("tshark"):
        sys.exit("tshark is not installed")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    binary = target / "release/rtcscope"

    with tempfile.TemporaryDirectory() as folder:
        capture = options.keep or os.path.join(folder, "calls.pcap")
        print("growing the capture …", flush=True)
        packets = grow(capture, options.calls, options.bytes)
        size = os.path.getsize(capture)
        print(f"{packets} packets, {size / 1e6:.0f} MB, {options.calls} calls", flush=True)
        # Both read from the page cache.
        with open(capture, "rb") as file:
            while file.read(1 << 24):
                pass
        results = {}
        heuristic = ["--enable-heuristic", "rtp_udp"]
        for name, command in {
            "rtcscope": [binary, "report", capture],
            "tshark": ["tshark", "-r", capture, "-q", *heuristic, "-z", "rtp,streams"],
        }.items():
            with open(os.path.join(folder, name), "w") as output:
                results[name] = seconds, busy, peak = timed(command, output)
            rate = packets / seconds
            print(
                f"{name:9} {seconds:8.2f} s ({busy:.2f} s of processor time)"
                f"  {rate:12,.0f} packets/s  {peak:8.0f} MB peak",
                flush=True,
            )
    (ours, our_time, our_peak), (theirs, their_time, their_peak) = results.values()
    print(
        f"rtcscope is {theirs / ours:.1f} times as fast ({their_time / our_time:.1f} by processor time),"
        f" with {our_peak / their_peak:.2f} of the memory"
    )


main()
