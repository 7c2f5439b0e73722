// The gateway's console in Debian's Chromium, over a real agent. Pictures are left in target/screenshots.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, picture } from "./browser.mjs";
import { fits } from "./checks.mjs";
import { eventually } from "./eventually.mjs";
import { Gateway } from "./gateway.mjs";

const PATIENCE_MS = 20_000;
const CHINESE = /[\u3000-\u9fff\uff00-\uffef]/;

let gateway, browser;

before(async () => {
  browser = await launch();
  gateway = await Gateway.start();
});
after(async () => {
  await browser?.close();
  await gateway?.stop();
});

/** Runs `look` on a fresh page, after which nothing may have gone wrong on it. */
async function on(options, look) {
  const { page, complaints, close } = await open(browser, gateway.url, options);
  try {
    await page.goto(gateway.url);
    await look(page);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

const rows = (page, table) =>
  page.$$eval(`#${table} tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));

async function showsWhatTheApiSays(page) {
  const [points, production, { points: [energy] }] = await Promise.all(
    ["api/v1/points", "api/v1/production", "api/v1/intervals?meter=line-1&point=energy"].map((path) => gateway.ask(path)),
  );
  const seen = await rows(page, "points");
  assert.deepEqual(seen.map(([meter, point, value]) => [meter, point, value]), points.map(({ meter, point, value }) => [meter, point, value]));
  const made = await rows(page, "production");
  assert.deepEqual(
    made.map(([, kwh, output, each]) => [kwh, output, each]),
    production.intervals.toReversed().map((one) => [one.energy_kwh, `${one.output} piece`, one.kwh_per_unit]),
  );
  assert.deepEqual(made.at(-1).slice(0, 5), ["2024-11-24 00:00", "4.5", "30 piece", "0.15", "100.0 %"]);
  const amounts = (await rows(page, "intervals")).map(([, amount]) => amount);
  assert.deepEqual(amounts, energy.intervals.toReversed().map((one) => `${one.amount} kWh`));
  assert.ok(amounts.length >= 3 && amounts.at(-1) === "4.5 kWh", amounts.join());
}

for (const [language, locale, title] of [["zh", "zh-CN", "最新读数"], ["en", "en-GB", "Last readings"]]) {
  test(`${language}: the page shows the last readings, the quarter-hours and the energy of each piece`, async () => {
    await on({ locale }, async (page) => {
      await eventually(PATIENCE_MS, () => showsWhatTheApiSays(page));
      assert.equal(await page.textContent("h2[data-word=points]"), title);
      assert.equal(await page.textContent("#gateway"), "gw-browser");
      const text = await page.$eval("main", (main) => main.textContent);
      assert.equal(CHINESE.test(text), language === "zh", text);
      await fits(page);
      await page.screenshot({ path: picture(`console-${language}.png`), fullPage: true });
    });
  });
}

test("another point can be chosen, and the language changed and remembered", async () => {
  await on({ locale: "zh-CN" }, async (page) => {
    await eventually(PATIENCE_MS, () => showsWhatTheApiSays(page));
    await page.selectOption("#which", { label: "line-1 · pieces" });
    await eventually(PATIENCE_MS, async () => assert.equal((await rows(page, "intervals")).at(-1)[1], "30 piece"));
    // a reload ends what is under way: let the click's own questions be answered first
    const answered = page.waitForResponse(/intervals/).then((answer) => answer.finished());
    await page.click("#language");
    assert.equal(await page.textContent("h2[data-word=points]"), "Last readings");
    await answered;
    await page.reload();
    assert.equal(await page.textContent("h2[data-word=points]"), "Last readings");
  });
});

test("on a phone the page does not scroll sideways", async () => {
  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
  await on({ ...phone, locale: "zh-CN" }, async (page) => {
    await eventually(PATIENCE_MS, () => showsWhatTheApiSays(page));
    await fits(page);
    await page.screenshot({ path: picture("console-phone.png"), fullPage: true });
  });
});

test("a page whose gateway is gone says so", async () => {
  const { page, close } = await open(browser, gateway.url);
  await page.goto(gateway.url);
  await eventually(PATIENCE_MS, () => showsWhatTheApiSays(page));
  await page.route("**/api/**", (route) => route.abort());
  await eventually(PATIENCE_MS, async () => assert.equal(await page.textContent("#state"), "the gateway does not answer"));
  await close();
});
