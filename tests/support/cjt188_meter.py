"""CJ/T 188 meters behind a serial server, written after the standard's text: no package on PyPI has one.

    cjt188_meter.py PORT

A water meter and a heat meter on one line. Prints `ready` when it listens.
"""

import socket
import sys
import threading

WATER = (0x10, bytes.fromhex("78330011223344")[::-1])
HEAT = (0x20, bytes.fromhex("00000040314132")[::-1])


def bcd(digits: str) -> bytes:
    """The lowest byte first."""
    return bytes.fromhex(digits)[::-1]


WATER_DATA = b"".join([
    bcd("00055667"), b"\x2c",   # volume now: 556.67 m3
    bcd("00050000"), b"\x2c",   # at the settlement day
    bcd("20241124083000"),
    b"\x00\x00",
])
HEAT_DATA = b"".join([
    bcd("00010000"), b"\x05",   # energy at the settlement day, kWh
    bcd("00012345"), b"\x05",   # energy now: 123.45 kWh
    bcd("00001250"), b"\x17",   # power: 12.50 kW
    bcd("00000321"), b"\x35",   # flow: 3.21 m3/h
    bcd("00778899"), b"\x2c",   # volume: 7788.99 m3
    bcd("006535"),              # supply: 65.35 degrees
    bcd("004066"),              # return: 40.66 degrees
    bcd("001000"),
    bcd("20241124083000"),
    b"\x00\x00",
])
METERS = {WATER: WATER_DATA, HEAT: HEAT_DATA}


def answer(frame: bytes) -> bytes:
    kind, address, control, data = frame[1], frame[2:9], frame[9], frame[11:-2]
    own = METERS.get((kind, address))
    if own is None or control != 0x01:
        return b""
    if data[:2] != b"\x1f\x90":
        return build(kind, address, 0xC1, data[2:3] + b"\x00\x00")
    return build(kind, address, 0x81, data[:3] + own)


def build(kind: int, address: bytes, control: int, data: bytes) -> bytes:
    body = bytes([0x68, kind]) + address + bytes([control, len(data)]) + data
    return b"\xfe\xfe" + body + bytes([sum(body) & 0xFF, 0x16])


def serve(connection: socket.socket) -> None:
    received = b""
    while chunk := connection.recv(256):
        received = (received + chunk).lstrip(b"\xfe")
        while len(received) >= 11 and len(received) >= (length := 13 + received[10]):
            frame, received = received[:length], received[length:].lstrip(b"\xfe")
            assert frame[0] == 0x68 and frame[-1] == 0x16 and sum(frame[:-2]) & 0xFF == frame[-2], frame.hex()
            connection.sendall(answer(frame))


def main() -> None:
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
