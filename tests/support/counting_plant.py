"""A plant whose registers count: pymodbus is its meters and, where there is a broker, paho-mqtt its machine.

usage: counting_plant.py MODBUS_PORT [MQTT_PORT TOPIC]

The registers stand until the line `run` and again from the line `stop` on. The machine publishes its count ten times a
second, QoS 1, from the start until `stop`. Every line is answered by one JSON line: the counts, how many requests the
meters had, and the time stamps of the messages that the broker took.

Unit 1 holds at 0 a u64 ABCD, at 4 a u32 CDAB and at 6 an i64 DCBA. The other units hold the same and are broken:
2 begins at 100, so that 0 is an exception; 3 cuts its replies short; 4 answers under another transaction id; 5 is silent.
"""

import asyncio
import json
import random
import struct
import sys
import time

import paho.mqtt.client as mqtt
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

counts = {"total": 5_000_000_000, "u32": 3_000_000_000, "i64": 70_000_000_000, "pieces": 1000}
running, requests, stamps = False, 0, []


def registers():
    def words(form, value):
        packed = struct.pack(form, value)
        return [int.from_bytes(packed[i : i + 2], "big") for i in range(0, len(packed), 2)]

    low_word_first = words(">I", counts["u32"])[::-1]
    return words(">Q", counts["total"]) + low_word_first + words("<q", counts["i64"])


async def answer(function_code, start, address, count, current, values):
    global requests
    requests += 1
    current[:] = registers()


def damage(sending, packet):
    """Bytes 0 and 1 are the transaction id, 4 and 5 the length behind them, 6 the unit, 8 the byte count."""
    unit = packet[6] if len(packet) > 8 else 0
    if not sending or unit not in (3, 4, 5):
        return packet
    if unit == 3:
        short = packet[:-2]
        return short[:4] + (len(short) - 6).to_bytes(2, "big") + short[6:]
    return b"" if unit == 5 else bytes([packet[0] ^ 0x40]) + packet[1:]


async def count():
    while True:
        await asyncio.sleep(0.02)
        if running:
            for name in counts:
                counts[name] += random.randrange(8)


def publish(client, topic):
    stamps.append(max(int(time.time() * 1000), stamps[-1] + 1 if stamps else 0))
    return client.publish(topic, json.dumps({"ts": stamps[-1], "count": counts["pieces"]}), qos=1)


async def machine(client, topic, ended):
    sent = []
    while not ended.is_set():
        sent.append(publish(client, topic))
        await asyncio.sleep(0.1)
    sent.append(publish(client, topic))
    for message in sent:
        await asyncio.to_thread(message.wait_for_publish, 60)
        assert message.is_published(), "the broker takes no message"


async def main():
    global running
    data = [SimData(0, values=registers(), datatype=DataType.REGISTERS)]
    units = [SimDevice(id=unit, simdata=data, action=answer) for unit in (1, 3, 4, 5)]
    units.append(SimDevice(id=2, simdata=[SimData(100, values=[0], datatype=DataType.REGISTERS)]))
    server = ModbusTcpServer(units, address=("127.0.0.1", int(sys.argv[1])), trace_packet=damage)
    await server.serve_forever(background=True)
    counting = asyncio.create_task(count())
    ended, machines = asyncio.Event(), []
    if len(sys.argv) > 2:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="press")
        client.connect("127.0.0.1", int(sys.argv[2]))
        client.loop_start()
        machines.append(asyncio.create_task(machine(client, sys.argv[3], ended)))
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        running = {"run": True, "stop": False}.get(line, running)
        if line == "stop":
            ended.set()
            await asyncio.gather(*machines)
        print(json.dumps({"counts": counts, "requests": requests, "stamps": stamps}), flush=True)
    counting.cancel()


asyncio.run(main())
