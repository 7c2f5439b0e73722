"""A platform that is not Mujun's: docs/protocol.md and proto/ are all it knows.

usage: peer_platform.py FOLDER PORT [--die-after BATCHES] [--rewind-at BATCH] [--ack-first]
       peer_platform.py FOLDER --show

Stores what a gateway sends in FOLDER, each record under (generation, number), and acknowledges it. With --die-after it
kills itself between a commit and its Ack; with --rewind-at it asks once for a batch again, as if it had missed it.
--ack-first is a mistake on purpose: it counts and acknowledges a batch before it stores it, and dies between the two.
Prints a line when it listens. --show prints, as JSON, every reading and what is missing.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import signal
import sqlite3
import time

import grpc

from peer_record import decode, record_pb2, samples, uplink_grpc, uplink_pb2

CREDIT = 256 * 1024


def opened(folder):
    store = sqlite3.connect(pathlib.Path(folder) / "peer.db", check_same_thread=False)
    store.executescript(
        """PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE IF NOT EXISTS generation (gen_id BLOB PRIMARY KEY, mark INTEGER NOT NULL, last INTEGER);
        CREATE TABLE IF NOT EXISTS record (
          gen_id BLOB NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL, crc32c INTEGER NOT NULL, body BLOB NOT NULL,
          PRIMARY KEY (gen_id, seq))"""
    )
    return store


class Platform(uplink_grpc.UplinkServicer):
    def __init__(self, arguments):
        self.arguments, self.store, self.batches = arguments, opened(arguments.folder), 0

    def mark(self, gen_id):
        row = self.store.execute("SELECT mark, last FROM generation WHERE gen_id = ?", [gen_id]).fetchone()
        return row or (0, None)

    def ack(self, gen_id):
        mark, last = self.mark(gen_id)
        return uplink_pb2.Ack(gen_id=gen_id, seq=mark, complete=last is not None and mark >= last)

    def count(self, gen_id, mark):
        self.store.execute(
            "INSERT INTO generation VALUES (?, ?, NULL) ON CONFLICT (gen_id) DO UPDATE SET mark = excluded.mark",
            [gen_id, mark],
        )

    def insert(self, batch, mark):
        for seq, record in enumerate(batch.records, batch.first_seq):
            if seq > mark:
                row = [batch.gen_id, seq, record.kind, record.crc32c, record.body]
                self.store.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", row)

    def batch(self, batch):
        self.batches += 1
        mark, _ = self.mark(batch.gen_id)
        last = batch.first_seq + len(batch.records) - 1
        # number mark + 1 and nothing else; what is at or below the mark is a repeat
        if batch.first_seq > mark + 1:
            return uplink_pb2.Down(rewind=uplink_pb2.Rewind(gen_id=batch.gen_id, expected_seq=mark + 1))
        if self.batches == self.arguments.rewind_at:
            return uplink_pb2.Down(rewind=uplink_pb2.Rewind(gen_id=batch.gen_id, expected_seq=mark + 1))
        dies = self.batches == self.arguments.die_after
        if self.arguments.ack_first and dies:
            with self.store:
                self.count(batch.gen_id, max(mark, last))
            return None
        with self.store:
            self.insert(batch, mark)
            self.count(batch.gen_id, max(mark, last))
        if dies:
            die()
        return uplink_pb2.Down(ack=self.ack(batch.gen_id))

    def Session(self, messages, context):
        hello = next(messages).hello
        assert hello.protocol == 2 and hello.run.boot_counter > 0
        known = [generation.gen_id for generation in hello.generations if self.mark(generation.gen_id) != (0, None)]
        grant = uplink_pb2.Grant(credit_bytes=CREDIT)
        yield uplink_pb2.Down(welcome=uplink_pb2.Welcome(marks=[self.ack(one) for one in known], grant=grant))
        for up in messages:
            came = int(time.time() * 1000)
            match up.WhichOneof("message"):
                case "batch":
                    answer = self.batch(up.batch)
                    if answer is None:
                        yield uplink_pb2.Down(ack=self.ack(up.batch.gen_id))
                        time.sleep(0.5)
                        die()
                    yield answer
                case "sealed":
                    with self.store:
                        self.count(up.sealed.gen_id, self.mark(up.sealed.gen_id)[0])
                        self.store.execute(
                            "UPDATE generation SET last = ? WHERE gen_id = ?", [up.sealed.last_seq, up.sealed.gen_id]
                        )
                    yield uplink_pb2.Down(ack=self.ack(up.sealed.gen_id))
                case "ping":
                    pong = uplink_pb2.Pong(t0_ms=up.ping.t0_ms, t1_ms=came, t2_ms=int(time.time() * 1000))
                    yield uplink_pb2.Down(pong=pong)
                case other:
                    reject = uplink_pb2.Reject(code=uplink_pb2.REJECT_CODE_PROTOCOL, message=f"{other} is not for here")
                    yield uplink_pb2.Down(reject=reject)
                    return


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def show(folder):
    store, readings, missing, kinds = opened(folder), [], [], {}
    for gen_id, mark in store.execute("SELECT gen_id, mark FROM generation").fetchall():
        series, seqs = {}, []
        rows = store.execute("SELECT seq, kind, crc32c, body FROM record WHERE gen_id = ? ORDER BY seq", [gen_id])
        for seq, kind, crc32c, body in rows.fetchall():
            seqs.append(seq)
            message = decode(record_pb2.Record(kind=kind, crc32c=crc32c, body=body))
            name = record_pb2.RecordKind.Name(kind)
            kinds[name] = kinds.get(name, 0) + 1
            if kind == record_pb2.RECORD_KIND_DICTIONARY:
                series.update({one.id: f"{one.meter}.{one.point}" for one in message.series})
            if kind == record_pb2.RECORD_KIND_SAMPLES:
                readings += [[series.get(s), t, value] for s, t, value, _ in samples(message) if value is not None]
        missing += [f"{gen_id.hex()} {seq}" for seq in range(1, mark + 1) if seq not in seqs]
    print(json.dumps({"readings": readings, "missing": missing, "kinds": kinds}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("port", nargs="?", type=int)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--die-after", type=int)
    parser.add_argument("--rewind-at", type=int)
    parser.add_argument("--ack-first", action="store_true")
    arguments = parser.parse_args()
    if arguments.show:
        return show(arguments.folder)
    # one stream at a time, so that the store needs no lock
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
    uplink_grpc.add_UplinkServicer_to_server(Platform(arguments), server)
    assert server.add_insecure_port(f"127.0.0.1:{arguments.port}")
    server.start()
    print("ready", flush=True)
    server.wait_for_termination()


main()
