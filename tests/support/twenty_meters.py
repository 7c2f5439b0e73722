"""Twenty meters of pymodbus on one RTU line, a pseudo terminal.

  twenty_meters.py PORT

Units 1 to 10 are JSY-MK-333, by their register map; 11 to 19 are of a make that nobody knows: register 30 and 31 hold
the energy in 0.01 kWh, the lower word first, 12345.67 kWh in the first of them. Unit 20 is dead.
Prints a line when it is ready.
"""

import asyncio
import sys

from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

REGISTERS = 0x160
ENERGY = 1_234_567


def jsy_mk_333(unit):
    words = [0] * REGISTERS
    words[0] = 819
    words[0x100:0x103] = [23010 + unit] * 3
    words[0x115] = 5000
    count = ENERGY + 1000 * unit
    words[0x120:0x122] = words[0x13A:0x13C] = [count >> 16, count & 0xFFFF]
    return words


def unknown(unit):
    words = [0] * REGISTERS
    count = ENERGY + 1000 * (unit - 11)
    words[30:32] = [count & 0xFFFF, count >> 16]
    words[40] = 2301
    return words


def meter(unit):
    words = jsy_mk_333(unit) if unit <= 10 else unknown(unit)
    return SimDevice(id=unit, simdata=[SimData(0, values=words, datatype=DataType.REGISTERS)])


def to_others_silent(sending, packet):
    """Who is not asked says nothing. pymodbus would answer with an exception."""
    return b"" if sending and not 1 <= packet[0] <= 19 else packet


async def main():
    meters = [meter(unit) for unit in range(1, 20)]
    server = ModbusSerialServer(meters, port=sys.argv[1], baudrate=9600, trace_packet=to_others_silent)
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
