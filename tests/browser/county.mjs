// The real demo as a child process: real agents, the real platform and its dashboard on a free port.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { eventually } from "./eventually.mjs";

const DEMO = process.env.MUJUN_TEST_DEMO ?? fileURLToPath(new URL("../../target/debug/mujun-demo", import.meta.url));
const START_MS = 90_000;

export class County {
  #process;
  #ended;

  /** Returns when every site has all its figures. */
  static async start() {
    const county = new County();
    county.#process = spawn(DEMO, ["--lang", "en", "--port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
    county.#ended = once(county.#process, "exit");
    const said = [];
    const address = new Promise((found, failed) => {
      createInterface({ input: county.#process.stderr }).on("line", (line) => {
        said.push(line);
        if (line.startsWith("dashboard: ")) found(line.slice("dashboard: ".length));
      });
      county.#process.once("error", failed);
      county.#process.once("exit", () => failed(new Error(`the demo ended:\n${said.join("\n")}`)));
      setTimeout(() => failed(new Error(`no address after ${START_MS} ms:\n${said.join("\n")}`)), START_MS).unref();
    });
    try {
      county.url = await address;
      await eventually(START_MS, async () => {
        const { sites } = await county.ranking();
        const bare = sites.filter((site) => Number(site.kwh) <= 0 || Number(site.output) <= 0 || site.tce_per_wan === null);
        if (sites.length === 0 || bare.length > 0) throw new Error(`without figures: ${bare.map((site) => site.name)}`);
      });
    } catch (error) {
      county.#process.kill("SIGKILL");
      throw error;
    }
    return county;
  }

  /** What the API answers, asked past the page. */
  async ask(path, query = {}) {
    const answer = await fetch(`${this.url}api/v1/${path}?${new URLSearchParams(query)}`);
    if (!answer.ok) throw new Error(`status ${answer.status} of ${path}`);
    return answer.json();
  }

  async send(path, body) {
    const answer = await fetch(`${this.url}api/v1/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`status ${answer.status} of ${path}: ${await answer.text()}`);
    return answer.json();
  }

  ranking(query = {}) {
    return this.ask("ranking", query);
  }

  /**
   * Meters, machines and the link stand still from now on, as they all live in the demo's own process; the platform goes
   * on with what it has. So page and API can be compared figure by figure. Returns when nothing is under way any more.
   */
  async freeze() {
    this.#process.kill("SIGSTOP");
    let before;
    await eventually(30_000, async () => {
      const now = (await this.ranking()).sites.map(({ kwh, output }) => [kwh, output]).join();
      const stands = now === before;
      before = now;
      if (!stands) throw new Error("figures still change");
    });
  }

  /** Ctrl-C, and the exit status. */
  async stop() {
    this.#process.kill("SIGCONT");
    this.#process.kill("SIGINT");
    const late = setTimeout(() => this.#process.kill("SIGKILL"), 60_000);
    const [status] = await this.#ended;
    clearTimeout(late);
    return status;
  }
}
