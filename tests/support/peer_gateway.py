"""A gateway that is not Mujun's: docs/protocol.md and proto/ are all it knows.

usage: peer_gateway.py FOLDER ADDRESS GATEWAY_ID FIRST_MS COUNT [--die-after BATCHES]

Keeps one register's readings, one a minute from FIRST_MS on, in FOLDER, and sends them: the first half of the COUNT
readings in a generation of the first run, the rest in one of the second. Each batch goes twice. With --die-after it kills
itself when so many batches were handed to the stream. Prints what was sent and is stored to its end, as JSON.
"""

import argparse
import json
import os
import pathlib
import queue
import signal
import time

import grpc

from peer_record import encode, record_pb2, scan, uplink_grpc, uplink_pb2

READINGS_PER_RECORD, RECORDS_PER_BATCH = 15, 4
START, STEP = 1_000_000, 7


def reading(first_ms, n):
    return first_ms + n * 60_000, START + n * STEP


class Spool:
    """What must outlive a kill: ids, records under their numbers, and where a generation ended."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "run.json"
        before = json.loads(file.read_text()) if file.exists() else None
        self.run = {
            "store": before["store"] if before else os.urandom(16).hex(),
            "boot": os.urandom(16).hex(),
            "before": before["boot"] if before else "",
            "counter": before["counter"] + 1 if before else 1,
        }
        self.keep("run.json", json.dumps(self.run).encode())

    def keep(self, name, content):
        """Whole or not at all, and on the disk when this returns."""
        with open(self.folder / "new", "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.folder / "new", self.folder / name)
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def generation(self, records):
        """A generation belongs to one run, and its numbers start at 1. It is sealed as it is written."""
        batch = uplink_pb2.Batch(gen_id=os.urandom(16), first_seq=1, records=records)
        self.keep(f"{self.run['counter']:08}.generation", batch.SerializeToString())

    def generations(self):
        for file in sorted(self.folder.glob("*.generation")):
            yield uplink_pb2.Batch.FromString(file.read_bytes())


def records(run, first_ms, numbers):
    series = record_pb2.Series(
        id=0, meter="main", point="total", kind=record_pb2.POINT_KIND_CUMULATIVE, role=record_pb2.ROLE_SITE_ENERGY,
        carrier="electricity", unit="kWh", scale_mantissa=1, scale_exponent=-2,
    )
    run_id = bytes.fromhex(run["boot"])
    dictionary = record_pb2.Dictionary(series=[series], run_id=run_id, created_ms=first_ms)
    segment = record_pb2.ClockSegment(segment=0, state=record_pb2.CLOCK_STATE_SYNCED, wall_ms=first_ms)
    event = record_pb2.Event(event_id=os.urandom(16), time_ms=first_ms, clock_segment=segment)
    yield encode(record_pb2.RECORD_KIND_DICTIONARY, dictionary)
    yield encode(record_pb2.RECORD_KIND_EVENT, event)
    for at in range(numbers.start, numbers.stop, READINGS_PER_RECORD):
        taken = range(at, min(at + READINGS_PER_RECORD, numbers.stop))
        one = scan(0, [reading(first_ms, n) for n in taken])
        yield encode(record_pb2.RECORD_KIND_SAMPLES, record_pb2.Samples(scans=[one]))


class Uplink:
    def __init__(self, address):
        self.out = queue.SimpleQueue()
        self.answers = uplink_grpc.UplinkStub(grpc.insecure_channel(address)).Session(iter(self.out.get, None))

    def say(self, **message):
        self.out.put(uplink_pb2.Up(**message))

    def hear(self):
        down = next(self.answers)
        what = down.WhichOneof("message")
        message = getattr(down, what)
        assert what not in ("reject", "refused"), f"{what}: {message}"
        return what, message


def deliver(arguments, spool):
    held = list(spool.generations())
    uplink, run = Uplink(arguments.address), spool.run
    ids = [batch.gen_id for batch in held]
    uplink.say(
        hello=uplink_pb2.Hello(
            protocol=2,
            gateway_id=arguments.gateway_id,
            agent_version="peer 1",
            generations=[
                uplink_pb2.Generation(
                    gen_id=batch.gen_id, last_seq=len(batch.records), sealed=True, prev_gen_id=before
                )
                for before, batch in zip([b"", *ids], held)
            ],
            run=uplink_pb2.Run(
                store_id=bytes.fromhex(run["store"]),
                boot_id=bytes.fromhex(run["boot"]),
                prev_boot_id=bytes.fromhex(run["before"]),
                boot_counter=run["counter"],
            ),
        )
    )
    what, welcome = uplink.hear()
    assert what == "welcome" and welcome.grant.credit_bytes > 0
    # not from memory: what the platform says it has
    marks = {mark.gen_id: mark.seq for mark in welcome.marks}
    sent, complete = 0, {mark.gen_id for mark in welcome.marks if mark.complete}

    def hear():
        what, message = uplink.hear()
        if what == "ack" and message.complete:
            complete.add(message.gen_id)
        return what, message

    for batch in held:
        mark, last = marks.get(batch.gen_id, 0), len(batch.records)
        while mark < last:
            part = uplink_pb2.Batch(
                gen_id=batch.gen_id, first_seq=mark + 1, records=batch.records[mark : mark + RECORDS_PER_BATCH]
            )
            uplink.say(batch=part)
            uplink.say(batch=part)
            sent += 1
            if sent == arguments.die_after:
                # before the answer: it may be stored by now, or not
                os.kill(os.getpid(), signal.SIGKILL)
            # a window of one batch: never more than the credit under way
            wanted = mark + len(part.records)
            while mark < wanted:
                what, message = hear()
                if what == "ack" and message.gen_id == batch.gen_id:
                    mark = max(mark, message.seq)
                elif what == "rewind" and message.gen_id == batch.gen_id:
                    mark = message.expected_seq - 1
                    break
        uplink.say(sealed=uplink_pb2.Sealed(gen_id=batch.gen_id, last_seq=last))
    while len(complete) < len(held):
        hear()
    asked = int(time.time() * 1000)
    uplink.say(ping=uplink_pb2.Ping(t0_ms=asked))
    while True:
        what, message = hear()
        if what == "pong":
            assert message.t0_ms == asked and message.t1_ms <= message.t2_ms
            break
    return {"sent": sent, "complete": len(complete), "welcome": sorted(marks.values())}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("address")
    parser.add_argument("gateway_id")
    parser.add_argument("first_ms", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--die-after", type=int)
    arguments = parser.parse_args()
    spool, half = Spool(arguments.folder), arguments.count // 2
    halves = {1: range(half), 2: range(half, arguments.count)}
    if numbers := halves.get(spool.run["counter"]):
        spool.generation(records(spool.run, arguments.first_ms, numbers))
    print(json.dumps(deliver(arguments, spool)), flush=True)


main()
