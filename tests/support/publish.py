"""Publishes each line of stdin, in order, QoS 1; ends when the broker has taken all.

usage: publish.py PORT TOPIC                  MQTT 3.1.1
       publish.py PORT TOPIC CA CERT KEY      MQTT 5 in TLS, with a client's certificate
"""

import sys

import paho.mqtt.client as mqtt

port, topic, *files = sys.argv[1:]
protocol = mqtt.MQTTv5 if files else mqtt.MQTTv311
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="publisher", protocol=protocol)
if files:
    client.tls_set(*files)
client.connect("localhost" if files else "127.0.0.1", int(port))
client.loop_start()
for sent in [client.publish(topic, line.rstrip("\n"), qos=1) for line in sys.stdin]:
    sent.wait_for_publish(60)
    assert sent.is_published()
client.disconnect()
