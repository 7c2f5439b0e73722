"""Publishes the steel company's year as a running register, QoS 1, with the file's own time stamps.

usage: publish_steel.py PORT TOPIC CSV FIRST LAST     message 0 is the register before the year, n is row n of the file
"""

import csv
import datetime
import sys
from decimal import Decimal

import paho.mqtt.client as mqtt

port, topic, path, first, last = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])

register = Decimal("1000.00")
messages = [("01/01/2018 00:00", register)]
with open(path, encoding="utf-8-sig", newline="") as file:
    for row in csv.DictReader(file):
        stamp = datetime.datetime.strptime(row["date"], "%d/%m/%Y %H:%M")
        if (stamp.hour, stamp.minute) == (0, 0):
            stamp += datetime.timedelta(days=1)  # the file's 00:00 closes its day: it is 24:00
        register += Decimal(row["Usage_kWh"])
        messages.append((stamp.strftime("%d/%m/%Y %H:%M"), register))

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"steel-{first}")
client.max_inflight_messages_set(20)
client.connect("127.0.0.1", port)
client.loop_start()
sent = [client.publish(topic, f'{{"ts": "{stamp}", "kwh": {value}}}', qos=1) for stamp, value in messages[first : last + 1]]
for info in sent:
    info.wait_for_publish(120)
client.disconnect()
client.loop_stop()
print(len(sent))
