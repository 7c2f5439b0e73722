// Debian's Chromium, and pages whose every error and every request is watched.

import { chromium } from "playwright-core";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const CHROMIUM = process.env.MUJUN_TEST_CHROMIUM ?? "/usr/bin/chromium";
// no sandbox: as root, which a container usually is, Chromium has none
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PICTURES = fileURLToPath(new URL("../../target/screenshots/", import.meta.url));

/** With a profile of its own, which goes when it is closed. */
export async function launch() {
  await mkdir(PICTURES, { recursive: true });
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export const picture = (name) => `${PICTURES}${name}`;

/**
 * A page of its own context. `complaints` fills with console errors, exceptions, failed requests and requests to any
 * other origin than the platform's.
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`a request to ${request.url()}`);
  });
  page.on("requestfailed", (request) => {
    // a question that the page took back, as its reader left what it was for
    if (request.failure()?.errorText !== "net::ERR_ABORTED") complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`status ${response.status()}: ${response.url()}`);
  });
  return { page, complaints, close: () => context.close() };
}
