"""A DL/T 645-2007 meter by the PyPI package dlt645.

    dlt645_meter.py tcp PORT
    dlt645_meter.py serial PATH BAUD PARITY

Prints `ready` when it listens. It knows no block (DI1 = FF) and refuses them.
"""

import sys
import tempfile
import threading

from loguru import logger

from dlt645 import MeterServerService
from dlt645.common import env

env.log_path = tempfile.gettempdir()

# as printed on the meter; on the wire the lowest digits come first
ADDRESS = "202100123456"
ENERGY = {0x00010000: 12345.67, 0x00010100: 1000.01, 0x00010200: 2000.02, 0x00010300: 3000.03, 0x00010400: 6345.61}
VARIABLES = {
    0x02010100: 220.1,
    0x02010200: 221.2,
    0x02010300: 219.9,
    0x02020100: -1.234,
    0x02030000: -12.3456,
    0x02060000: 0.987,
    0x02800002: 49.98,
}


def main() -> None:
    kind, *rest = sys.argv[1:]
    if kind == "tcp":
        service = MeterServerService.new_tcp_server("127.0.0.1", int(rest[0]), 5.0)
    else:
        path, baud, parity = rest
        service = MeterServerService.new_rtu_server(path, 8, 1, int(baud), parity, 1.0)
    # its log goes to the standard output, which the test reads
    logger.remove()
    service.set_address(bytes.fromhex(ADDRESS)[::-1])
    for identifier, value in ENERGY.items():
        assert service.set_00(identifier, value), hex(identifier)
    for identifier, value in VARIABLES.items():
        assert service.set_02(identifier, value), hex(identifier)
    assert service.server.start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
