"""A Sparkplug edge node with one device, made of pysparkplug's parts.    usage: sparkplug_node.py PORT BDSEQ

Orders on stdin: data N (by alias alone), lose N (as data, but the message is not sent), device_death, device_birth.
"""

import sys
import threading
import time

from pysparkplug import Client, DataType, DBirth, DData, DDeath, Message, MessageType, Metric, NBirth, NDeath, QoS, Topic

GROUP, NODE, DEVICE = "plant", "edge-1", "press-1"
port, session = int(sys.argv[1]), int(sys.argv[2])
lock = threading.RLock()
seq, energy = 0, -5


def now():
    return int(time.time() * 1000)


def topic(kind, device=None):
    return Topic(message_type=kind, group_id=GROUP, edge_node_id=NODE, device_id=device)


def bd_seq():
    return Metric(timestamp=now(), name="bdSeq", datatype=DataType.INT64, value=session)


def send(kind, device, payload):
    client.publish(Message(topic=topic(kind, device), payload=payload, qos=QoS.AT_MOST_ONCE, retain=False))


def next_seq():
    global seq
    seq, used = (seq + 1) % 256, seq
    return used


def births(*_):
    global seq
    with lock:
        seq = 0
        power = Metric(timestamp=now(), name="Power", datatype=DataType.DOUBLE, value=1.5, alias=1)
        send(MessageType.NBIRTH, None, NBirth(timestamp=now(), seq=next_seq(), metrics=(bd_seq(), power)))
        device_birth()


def device_birth():
    metrics = (
        Metric(timestamp=now(), name="Energy/Total", datatype=DataType.INT64, value=energy, alias=2),
        Metric(timestamp=now(), name="Name", datatype=DataType.STRING, value="press", alias=3),
    )
    send(MessageType.DBIRTH, DEVICE, DBirth(timestamp=now(), seq=next_seq(), metrics=metrics))


def commanded(_client, message):
    if any(metric.name == "Node Control/Rebirth" and metric.value for metric in message.payload.metrics):
        births()


client = Client(client_id=NODE)
will = NDeath(timestamp=now(), bd_seq_metric=bd_seq())
client.set_will(Message(topic=topic(MessageType.NDEATH), payload=will, qos=QoS.AT_LEAST_ONCE, retain=False))
client.subscribe(topic(MessageType.NCMD), QoS.AT_LEAST_ONCE, commanded)
client.connect("127.0.0.1", port=port, callback=births)

for line in sys.stdin:
    order, *number = line.split()
    with lock:
        if order in ("data", "lose"):
            energy = int(number[0])
            metric = Metric(timestamp=now(), name=None, datatype=DataType.INT64, value=energy, alias=2)
            payload = DData(timestamp=now(), seq=next_seq(), metrics=(metric,))
            if order == "data":
                send(MessageType.DDATA, DEVICE, payload)
        elif order == "device_death":
            send(MessageType.DDEATH, DEVICE, DDeath(timestamp=now(), seq=next_seq()))
        elif order == "device_birth":
            device_birth()
