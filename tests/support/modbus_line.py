"""Meters of pymodbus on a line, units 1 to 3: holding register a of unit u holds 1000 u + a.

  modbus_line.py serial PORT BAUD PARITY     RTU on a serial port
  modbus_line.py rtu PORT                    RTU inside of TCP, as a serial server gives it
  modbus_line.py tls PORT CERT KEY CA        Modbus/TCP Security; a client without a certificate of CA is refused
  modbus_line.py dtu PORT RTU_PORT TEXT      a DTU: calls PORT, says TEXT, then bridges to the meters at RTU_PORT

Prints a line when it is ready. The DTU sends the heartbeat "hb" whenever its line was silent for 20 ms.
"""

import asyncio
import ssl
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer, ModbusTlsServer
from pymodbus.simulator import DataType, SimData, SimDevice


def meters():
    words = lambda unit: [1000 * unit + at for at in range(300)]
    data = lambda unit: [SimData(0, values=words(unit), datatype=DataType.REGISTERS)]
    return [SimDevice(id=unit, simdata=data(unit)) for unit in (1, 2, 3)]


def server(kind, args):
    if kind == "serial":
        port, baud, parity = args
        # a line has other meters than these: who is not asked says nothing
        return ModbusSerialServer(
            meters(), port=port, baudrate=int(baud), parity=parity, stopbits=1, ignore_missing_devices=True
        )
    address = ("127.0.0.1", int(args[0]))
    if kind == "rtu":
        return ModbusTcpServer(meters(), framer=FramerType.RTU, address=address, ignore_missing_devices=True)
    certificate, key, authority = args[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    return ModbusTlsServer(meters(), sslctx=context, address=address)


async def dtu(port, rtu_port, text):
    line, to_line = await asyncio.open_connection("127.0.0.1", int(rtu_port))
    net, to_net = await asyncio.open_connection("127.0.0.1", int(port))
    to_net.write(text.encode())

    async def upwards():
        while True:
            try:
                received = await asyncio.wait_for(line.read(512), 0.02)
            except asyncio.TimeoutError:
                received = b"hb"
            if not received:
                return
            to_net.write(received)

    async def downwards():
        while received := await net.read(512):
            to_line.write(received)

    print("ready", flush=True)
    await asyncio.wait([asyncio.ensure_future(side()) for side in (upwards, downwards)], return_when="FIRST_COMPLETED")


async def main():
    kind, *args = sys.argv[1:]
    if kind == "dtu":
        return await dtu(*args)
    await server(kind, args).serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
