#!/usr/bin/env python3
"""Measures full-screen terminal programs from outside, in a pty, as a person meets them.

    benches/console.py --uri mongodb://127.0.0.1:27017/main_db target/release/tilldeck
    benches/console.py target/release/tilldeck -- btm -- gitui

Needs only Python's standard library. Every program gets the same treatment, in turn, so
that the ratios hold on a machine whose speed drifts: start to first paint and to a still
screen, bytes and processor time while idle, memory, the time from a key to the first byte
of the answer, the bytes of one step in a list, and the time from the quit key to the end.
"""

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time

ROWS, COLUMNS = 40, 120
ANSWERS = [(b"\x1b[c", b"\x1b[?62;22c"), (b"\x1b[6n", b"\x1b[1;1R")]
TICKS = os.sysconf("SC_CLK_TCK")


class Program:
    """A program in a pty, started on construction."""

    def __init__(self, argv, environment):
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The size is set before exec, so that the first frame has it.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvpe(argv[0], argv, environment)
        self.ended = False

    def read(self, seconds):
        """Reads once; b"" when nothing came within the time."""
        ready, _, _ = select.select([self.fd], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            self.ended = True
        self.answer(data)
        return data

    def answer(self, data):
        """Answers what programs ask a terminal, as a terminal would: some wait for it."""
        for question, reply in ANSWERS:
            if question in data:
                self.send(reply)

    def drain(self, quiet, limit):
        """Reads until nothing came for `quiet` seconds; bytes, and when the last came."""
        total, last, end = 0, time.monotonic(), time.monotonic() + limit
        while time.monotonic() < end and not self.ended:
            data = self.read(quiet)
            if not data:
                break
            total, last = total + len(data), time.monotonic()
        return total, last

    def first_paint(self, limit=20.0):
        """Seconds from exec to the first printable text, or None."""
        seen, end = b"", time.monotonic() + limit
        while time.monotonic() < end and not self.ended:
            data = self.read(0.5)
            seen += data
            if data and has_text(seen):
                return time.monotonic() - self.started
        return None

    def send(self, data):
        os.write(self.fd, data)

    def processor_seconds(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mb(self):
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) / 1024
        return 0.0

    def quit(self, key):
        """Seconds from the key to the end of the process, or None after 5 s."""
        start = time.monotonic()
        try:
            self.send(key)
        except OSError:
            pass
        while time.monotonic() - start < 5:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                os.close(self.fd)
                return time.monotonic() - start
            self.read(0.002)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        return None


def has_text(data):
    """Whether the bytes paint something: text outside escape sequences."""
    at = 0
    while at < len(data):
        if data[at] == 0x1B:
            at += 1
            if data[at : at + 1] == b"]":
                while at < len(data) and data[at] not in (0x07, 0x1B):
                    at += 1
                at += 1
            else:
                at += 1
                while at < len(data) and not 0x40 <= data[at] <= 0x7E:
                    at += 1
                at += 1
        elif data[at] > 0x20:
            return True
        else:
            at += 1
    return False


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def key_times(program, keys, n):
    """Milliseconds from a key to the first byte of the answer, and bytes an answer takes."""
    times, sizes = [], []
    for i in range(n):
        program.drain(0.04, 1.0)
        start = time.monotonic()
        program.send(keys[i % len(keys)])
        data = program.read(1.0)
        if not data:
            continue
        times.append((time.monotonic() - start) * 1000)
        more, _ = program.drain(0.03, 0.5)
        sizes.append(len(data) + more)
    return times, sizes


def open_view(program, keys):
    """Presses keys, each on a still screen. Milliseconds from the last one to stillness."""
    took = None
    for key in keys:
        start = time.monotonic()
        program.send(os.fsencode({"^M": "\r"}.get(key, key)))
        _, last = program.drain(0.5, 10.0)
        took = (last - start) * 1000
    return took


def measure(argv, arguments, environment):
    starts = []
    for _ in range(arguments.starts):
        program = Program(argv, environment)
        painted = program.first_paint()
        if painted is not None:
            starts.append(painted * 1000)
        program.drain(0.3, 3.0)
        program.quit(arguments.quit_key)

    program = Program(argv, environment)
    program.drain(1.0, 15.0)
    program.drain(0.5, arguments.settle)
    opened = open_view(program, arguments.open)
    times, sizes = key_times(program, [b"j", b"j", b"j", b"k"], arguments.keys)
    # What the last single key still brings along is not part of the burst.
    program.drain(0.4, 3.0)
    start = time.monotonic()
    program.send(b"jk" * 250)
    _, last = program.drain(0.25, 5.0)
    burst = (last - start) * 1000
    program.drain(1.0, 5.0)
    before, begun, idle = program.processor_seconds(), time.monotonic(), 0
    while time.monotonic() - begun < arguments.idle and not program.ended:
        idle += len(program.read(1.0))
    seconds = time.monotonic() - begun
    spent = program.processor_seconds() - before
    memory = program.resident_mb()
    gone = program.quit(arguments.quit_key)
    return {
        "first paint, ms, median": statistics.median(starts) if starts else None,
        "last key of --open to a still screen, ms": opened,
        "idle output, B/s": idle / seconds,
        "idle processor, % of a core": 100 * spent / seconds,
        "resident memory, MB": memory,
        "key to paint, ms, p50": statistics.median(times) if times else None,
        "key to paint, ms, p99": percentile(times, 0.99) if times else None,
        "bytes a step, median": statistics.median(sizes) if sizes else None,
        "500 keys to a still screen, ms": burst,
        "quit, ms": gone * 1000 if gone is not None else None,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uri", help="given to the programs as MONGODB_URI")
    parser.add_argument("--idle", type=float, default=60, help="seconds to watch it idle")
    parser.add_argument("--settle", type=float, default=5, help="seconds before keys are pressed")
    parser.add_argument("--open", nargs="*", default=[], metavar="KEY",
                        help="keys that lead to what is measured; ^M is enter")
    parser.add_argument("--starts", type=int, default=11)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--quit-key", type=os.fsencode, default=b"q")
    parser.add_argument("program", nargs=argparse.REMAINDER, help="programs, apart by `--`")
    arguments = parser.parse_args()
    programs, current = [], []
    for word in arguments.program + ["--"]:
        if word != "--":
            current.append(word)
        elif current:
            programs.append(current)
            current = []
    if not programs:
        parser.error("name a program")
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    if arguments.uri:
        environment["MONGODB_URI"] = arguments.uri
    results = [(argv, measure(argv, arguments, environment)) for argv in programs]
    names = [os.path.basename(argv[0]) for argv, _ in results]
    print(f"{COLUMNS}×{ROWS}, {os.cpu_count()} cores, idle for {arguments.idle:.0f} s")
    print(f"{'':42}" + "".join(f"{name:>12}" for name in names))
    for figure in results[0][1]:
        row = [values[figure] for _, values in results]
        cells = "".join(f"{'–' if value is None else f'{value:.1f}':>12}" for value in row)
        print(f"{figure:42}{cells}")


if __name__ == "__main__":
    sys.exit(main())
