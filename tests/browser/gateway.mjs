// One real agent with its console, and a real broker that gives it readings with times of their own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.mjs";

const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const AGENT = process.env.MUJUN_TEST_AGENT ?? file("target/debug/mujun-agent");
const MOSQUITTO = process.env.MUJUN_TEST_MOSQUITTO ?? "/usr/sbin/mosquitto";
const PYTHON = process.env.MUJUN_TEST_PYTHON ?? file("target/venv/bin/python");
const TOPIC = "plant/line";
const START_MS = 60_000;
/** 2024-11-24T00:00:00+08:00 */
const BASE = 1_732_377_600_000;

/** Each minute 0.3 kWh and two pieces, for three quarter-hours and what closes them. */
const readings = Array.from({ length: 50 }, (_, minute) =>
  JSON.stringify({ ts: BASE + minute * 60_000, kwh: Number((100 + minute * 0.3).toFixed(2)), n: 7 + 2 * minute }),
);

const agentFile = (broker, port) => `[agent]
gateway_id = "gw-browser"
trust_clock = true
[spool]
dir = "spool"
commit_interval_ms = 200
[console]
listen = "127.0.0.1:${port}"
[[mqtt]]
name = "machines"
url = "mqtt://127.0.0.1:${broker}"
[[mqtt.topic]]
topic = "${TOPIC}"
meter = "line-1"
time = { pointer = "/ts", format = "unix_ms" }
[[mqtt.topic.point]]
name = "energy"
pointer = "/kwh"
kind = "cumulative"
resolution = "0.01"
unit = "kWh"
carrier = "electricity"
counts_as = "site_energy"
[[mqtt.topic.point]]
name = "pieces"
pointer = "/n"
kind = "cumulative"
resolution = "1"
unit = "piece"
product = "bolt"
counts_as = "output"
`;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

export class Gateway {
  #children = [];
  #folder;

  /** Returns when the console has closed three quarter-hours. */
  static async start() {
    const gateway = new Gateway();
    const [broker, port] = [await freePort(), await freePort()];
    gateway.#folder = await mkdtemp(join(tmpdir(), "mujun-console-"));
    const path = (name) => join(gateway.#folder, name);
    await writeFile(path("mosquitto.conf"), `listener ${broker} 127.0.0.1\nallow_anonymous true\n`);
    await writeFile(path("agent.toml"), agentFile(broker, port));
    gateway.url = `http://127.0.0.1:${port}/`;
    try {
      gateway.#spawn(MOSQUITTO, ["-c", path("mosquitto.conf")]);
      gateway.#spawn(AGENT, ["run", "--config", path("agent.toml")]);
      await eventually(START_MS, async () => {
        // a reading that comes before the subscription is lost, and one that comes twice changes nothing
        const publisher = spawn(PYTHON, [file("tests/support/publish.py"), broker, TOPIC], { stdio: ["pipe", "ignore", "ignore"] });
        publisher.stdin.on("error", () => {});
        publisher.stdin.end(`${readings.join("\n")}\n`);
        await once(publisher, "exit");
        const { intervals } = await gateway.ask("api/v1/production?width=900");
        if (intervals.length < 3) throw new Error(`${intervals.length} quarter-hours`);
      });
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  #spawn(program, options) {
    const child = spawn(program, options, { stdio: "ignore" });
    child.once("error", (error) => console.error(`${program}: ${error.message}`));
    this.#children.push(child);
  }

  async ask(path) {
    const answer = await fetch(this.url + path);
    if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
    return answer.json();
  }

  async stop() {
    for (const child of this.#children.filter((child) => child.exitCode === null && child.pid)) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
