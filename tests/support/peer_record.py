"""Records as docs/protocol.md describes them, in another language: nothing here comes out of Mujun's own code but
proto/ and the dictionaries of zstd."""

import importlib
import pathlib
import sys
import tempfile

import google_crc32c
import zstandard
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def contract():
    """The modules of proto/mujun/v1, generated now: (record, uplink, uplink's services)."""
    with tempfile.TemporaryDirectory() as out:
        files = [f"mujun/v1/{name}.proto" for name in ("record", "uplink")]
        failed = protoc.main(["", f"-I{ROOT / 'proto'}", f"--python_out={out}", f"--grpc_python_out={out}", *files])
        assert not failed, "proto/ does not compile"
        sys.path.insert(0, out)
        modules = ("record_pb2", "uplink_pb2", "uplink_pb2_grpc")
        return [importlib.import_module(f"mujun.v1.{name}") for name in modules]


record_pb2, uplink_pb2, uplink_grpc = contract()

KINDS = {
    record_pb2.RECORD_KIND_DICTIONARY: record_pb2.Dictionary,
    record_pb2.RECORD_KIND_SAMPLES: record_pb2.Samples,
    record_pb2.RECORD_KIND_INTERVALS: record_pb2.Intervals,
    record_pb2.RECORD_KIND_GAP: record_pb2.Gap,
    record_pb2.RECORD_KIND_RECALLED: record_pb2.Intervals,
    record_pb2.RECORD_KIND_EVENT: record_pb2.Event,
    record_pb2.RECORD_KIND_ATTESTATION: record_pb2.Attestation,
}


def checksum(body):
    return google_crc32c.value(body)


def encode(kind, message):
    """A frame that states its content's size, and no dictionary."""
    body = zstandard.ZstdCompressor(level=9, write_content_size=True).compress(message.SerializeToString())
    assert len(body) <= 7 * 1024
    return record_pb2.Record(kind=kind, crc32c=checksum(body), body=body)


def decode(record):
    assert len(record.body) <= 7 * 1024 and checksum(record.body) == record.crc32c, "not what was sent"
    frame = zstandard.get_frame_parameters(record.body)
    assert frame.content_size <= 1 << 20, "a frame states its content's size"
    dictionary = None
    if frame.dict_id:
        file = ROOT / "src" / "wire" / f"dictionary-{frame.dict_id}.zdict"
        dictionary = zstandard.ZstdCompressionDict(file.read_bytes())
    message = KINDS[record.kind]()
    message.ParseFromString(zstandard.ZstdDecompressor(dict_data=dictionary).decompress(record.body))
    return message


def scan(series, readings):
    """One series at n instants: [(time_ms, count)], all good."""
    first = readings[0][0]
    period = (readings[-1][0] - first) // (len(readings) - 1) if len(readings) > 1 else 0
    counts = [count for _, count in readings]
    return record_pb2.Scan(
        t_first_ms=first,
        period_ms=period,
        jitter_ms=[time - first - i * period for i, (time, _) in enumerate(readings)],
        series_runs=[series, 1],
        count_first=counts[:1],
        count_delta=[b - a for a, b in zip(counts, counts[1:])],
    )


def samples(message):
    """(series, time_ms, value, reason) of a message Samples; the value of a bad one is None."""
    before = 0
    for scan in message.scans:
        first = before + scan.t_first_ms
        before = first
        times = [first + i * scan.period_ms + jitter for i, jitter in enumerate(scan.jitter_ms)]
        columns, expected = [], 0
        for start, length in zip(scan.series_runs[::2], scan.series_runs[1::2]):
            columns += range(expected + start, expected + start + length)
            expected += start + length
        reasons = [reason for reason, n in zip(scan.reason_runs[::2], scan.reason_runs[1::2]) for _ in range(n)]
        reasons = reasons or [0] * (len(times) * len(columns))
        firsts, deltas, reals = iter(scan.count_first), iter(scan.count_delta), iter([*scan.real, *scan.real_wide])
        for place, series in enumerate(columns):
            count = None
            for time, reason in zip(times, reasons[place * len(times) : (place + 1) * len(times)]):
                if reason >= 16:
                    value = None
                elif place in scan.real_columns:
                    value = next(reals)
                else:
                    count = next(firsts) if count is None else count + next(deltas)
                    value = count
                yield series, time, value, reason
