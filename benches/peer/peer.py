"""Two gateways, one load: CPU time, memory and samples of mujun-agent and of thingsboard-gateway.

Both read 20 holding registers at each of 50 libmodbus servers once a second. mujun-agent keeps every sample durably in
its spool, which is counted afterwards; thingsboard-gateway publishes to a mosquitto of its own, where they are counted,
and keeps its queue in memory.
"""

import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ENDPOINTS, REGISTERS = 50, 20
WARM_UP_S = 20
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def processes(pid):
    """The process and all that it started."""
    found = [pid]
    for parent in found:
        for task in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def cpu_s(pid):
    total = 0
    for one in processes(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def rss_mib(pid):
    total = 0
    for one in processes(pid):
        total += int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{one}/status").read_text())[1])
    return total / 1024


class Servers:
    def __enter__(self):
        self.process = subprocess.Popen([ROOT / "target/modbus-server", str(ENDPOINTS)], stdout=subprocess.PIPE, text=True)
        self.ports = [int(line) for line in iter(lambda: self.process.stdout.readline().strip(), "")]
        return self.ports

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def measured(process, seconds, count):
    """Lets the process warm up, then measures it: (CPU seconds, MiB, samples that `count` saw come)."""
    time.sleep(WARM_UP_S)
    cpu, samples, memory = cpu_s(process.pid), count(), 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        if process.poll() is not None:
            sys.exit(f"the gateway ended with {process.returncode}")
        memory = max(memory, rss_mib(process.pid))
    return cpu_s(process.pid) - cpu, memory, count() - samples


def mujun(folder, ports, seconds):
    text = '[agent]\ngateway_id = "bench"\ntrust_clock = true\n[spool]\ndir = "spool"\n'
    for i, port in enumerate(ports):
        text += f'[[bus]]\nname = "bus-{i}"\naddress = "127.0.0.1:{port}"\n[[bus.meter]]\nname = "m{i}"\nunit_id = 1\n'
        for register in range(REGISTERS):
            text += f'[[bus.meter.point]]\nname = "r{register}"\nregister = {register}\ntype = "u16"\n'
    (folder / "agent.toml").write_text(text)
    agent = [ROOT / "target/release/mujun-agent", "--config", folder / "agent.toml"]
    log = open(folder / "log", "w")
    process = subprocess.Popen([*agent, "run"], stderr=log, stdin=subprocess.DEVNULL)
    marks = []
    cpu, memory, _ = measured(process, seconds, lambda: marks.append(time.time()) or 0)
    process.send_signal(signal.SIGTERM)
    process.wait()
    exported = folder / "samples.csv"
    subprocess.run([*agent, "spool", "export", "--to", exported], check=True)
    with open(exported) as lines:
        head = next(lines).strip().split(",")
        at, quality = head.index("time"), head.index("quality")
        rows = [line.rstrip("\n").split(",") for line in lines]
    taken = lambda row: datetime.datetime.fromisoformat(row[at]).timestamp()
    inside = [row for row in rows if marks[0] <= taken(row) < marks[1]]
    good = [row for row in inside if row[quality] == "good"]
    return cpu, memory, len(good)


def thingsboard(folder, ports, seconds):
    import paho.mqtt.client as mqtt

    broker = free_port()
    (folder / "mosquitto.conf").write_text(f"listener {broker} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    mosquitto = subprocess.Popen([shutil.which("mosquitto", path="/usr/sbin:/usr/bin"), "-c", folder / "mosquitto.conf"], stderr=subprocess.DEVNULL)
    time.sleep(1)
    seen, lock = [0], threading.Lock()

    def took(client, _data, message):
        # the platform's answer, without which it sends nothing
        if message.topic.startswith("v1/devices/me/rpc/request/"):
            limits = {"rateLimits": {}, "maxPayloadSize": 65536, "maxInflightMessages": 100}
            client.publish(message.topic.replace("request", "response"), json.dumps(limits), qos=1)
        if message.topic != "v1/gateway/telemetry":
            return
        values = sum(len(entry.get("values", entry)) for device in json.loads(message.payload).values() for entry in device)
        with lock:
            seen[0] += values

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = took
    client.connect("127.0.0.1", broker)
    client.subscribe("v1/#", qos=0)
    client.loop_start()

    config = folder / "config"
    shutil.copytree(next(pathlib.Path(sys.prefix).glob("lib/python*/site-packages/thingsboard_gateway/config")), config)
    gateway = json.loads((config / "tb_gateway.json").read_text())
    gateway["thingsboard"].update(
        host="127.0.0.1", port=broker, remoteConfiguration=False, statistics={"enable": False},
        security={"type": "accessToken", "accessToken": "bench"}, maxPayloadSizeBytes=65536,
        **{limit: "0:0," for limit in ("rateLimits", "dpRateLimits", "messagesRateLimits", "deviceMessagesRateLimits", "deviceRateLimits", "deviceDpRateLimits")},
    )
    gateway["connectors"] = [{"type": "modbus", "name": "bench", "configuration": "modbus.json"}]
    (config / "tb_gateway.json").write_text(json.dumps(gateway))
    slaves = [
        {
            "host": "127.0.0.1", "port": port, "type": "tcp", "method": "socket", "unitId": 1, "deviceName": f"m{i}", "deviceType": "default",
            "timeout": 5, "byteOrder": "BIG", "wordOrder": "BIG", "retries": 1, "retryOnEmpty": True, "retryOnInvalid": True, "pollPeriod": 1000,
            "connectAttemptTimeMs": 500, "connectAttemptCount": 5, "waitAfterFailedAttemptsMs": 5000, "attributes": [], "attributeUpdates": [], "rpc": [],
            "timeseries": [
                {"tag": f"r{register}", "type": "16uint", "functionCode": 3, "objectsCount": 1, "address": register} for register in range(REGISTERS)
            ],
        }
        for i, port in enumerate(ports)
    ]
    (config / "modbus.json").write_text(json.dumps({"master": {"slaves": slaves}}))
    log = open(folder / "log", "w")
    process = subprocess.Popen(
        [pathlib.Path(sys.prefix) / "bin/thingsboard-gateway"], stdout=log, stderr=log, cwd=folder, stdin=subprocess.DEVNULL,
        env={**os.environ, "TB_GW_CONFIG_DIR": f"{config}/", "TB_GW_LOGS_PATH": str(folder)},
    )
    try:
        return measured(process, seconds, lambda: seen[0])
    finally:
        for one in reversed(processes(process.pid)):
            os.kill(one, signal.SIGKILL)
        mosquitto.kill()


def main():
    seconds = int(sys.argv[1])
    due = ENDPOINTS * REGISTERS * seconds
    print(f"{ENDPOINTS} endpoints × {REGISTERS} registers, once a second, {seconds} s after {WARM_UP_S} s of warm-up\n")
    print("| gateway | CPU | RSS | samples due | delivered |\n|---|---|---|---|---|")
    for name, gateway in (("mujun-agent", mujun), ("thingsboard-gateway 3.8.5", thingsboard)):
        with tempfile.TemporaryDirectory() as folder, Servers() as ports:
            cpu, memory, samples = gateway(pathlib.Path(folder), ports, seconds)
        print(f"| {name} | {cpu:.1f} s | {memory:.1f} MiB | {due:,} | {samples:,} ({100 * samples / due:.1f} %) |", flush=True)


main()
