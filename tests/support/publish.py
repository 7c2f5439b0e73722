"""Publishes each line of stdin, in order, QoS 1; ends when the broker has taken all.    usage: publish.py PORT TOPIC"""

import sys

import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="publisher")
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
for sent in [client.publish(sys.argv[2], line.rstrip("\n"), qos=1) for line in sys.stdin]:
    sent.wait_for_publish(60)
    assert sent.is_published()
client.disconnect()
