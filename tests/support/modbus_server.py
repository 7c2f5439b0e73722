"""A Modbus TCP server of pymodbus with one value of each type in each word order, encoded by Python's struct.

Prints one JSON line: the port, and for each point its unit, register, type, order and value.
"""

import asyncio
import json
import struct
import sys

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

VALUES = [
    ("u16", ">H", 54321),
    ("i16", ">h", 12345),
    ("u32", ">I", 4_123_456_789),
    ("i32", ">i", 1_987_654_321),
    ("u64", ">Q", 9_007_199_254_740_993),
    ("i64", ">q", 2_000_000_000_000_000_001),
    ("f32", ">f", 123456.78125),
    ("f64", ">d", 87654321.12),
]


def words(packed, order):
    """Words on the wire. ABCD is big-endian; B and D name the byte swap, C before A the word swap."""
    parts = [packed[i : i + 2] for i in range(0, len(packed), 2)]
    if order in ("CDAB", "DCBA"):
        parts.reverse()
    if order in ("BADC", "DCBA"):
        parts = [part[::-1] for part in parts]
    return [int.from_bytes(part, "big") for part in parts]


async def main():
    points, registers = [], []
    for kind, form, value in VALUES:
        packed = struct.pack(form, value)
        for order in ("ABCD",) if len(packed) == 2 else ("ABCD", "BADC", "CDAB", "DCBA"):
            points.append({"register": len(registers), "type": kind, "order": order, "value": value})
            registers += words(packed, order)
    device = SimDevice(id=1, simdata=[SimData(0, values=registers, datatype=DataType.REGISTERS)])
    server = ModbusTcpServer(device, address=("127.0.0.1", int(sys.argv[1])))
    serving = asyncio.ensure_future(server.serve_forever(background=True))
    await serving
    print(json.dumps({"points": points}), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
