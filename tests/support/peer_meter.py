"""A meter that counts how often it is read: pymodbus. So every reading has a value of its own, and one that is lost or
doubled is seen.

usage: peer_meter.py PORT LAST

Unit 1 holds at 0 a u32, high word first: 1 at the first request, one more at each, LAST for ever. Prints a line when it listens.
"""

import asyncio
import sys

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

reads = 0


async def answer(function_code, start, address, count, current, values):
    global reads
    reads = min(reads + 1, int(sys.argv[2]))
    current[:] = [reads >> 16, reads & 0xFFFF]


async def main():
    data = [SimData(0, values=[0, 0], datatype=DataType.REGISTERS)]
    server = ModbusTcpServer([SimDevice(id=1, simdata=data, action=answer)], address=("127.0.0.1", int(sys.argv[1])))
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
