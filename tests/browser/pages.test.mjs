// Every page of the dashboard over a running county: in both languages, on a phone, by keyboard, at a province's size, and
// from a grade down to readings. Pictures are left in target/screenshots.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, open, picture } from "./browser.mjs";
import { fits, saysNothingInChinese, settles } from "./checks.mjs";
import { County } from "./county.mjs";
import { eventually } from "./eventually.mjs";

const PATIENCE_MS = 30_000;
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const PAGES = ["overview", "regions", "sites", "ranking", "scatter", "intensity", "targets", "evaluation", "whatif", "warnings", "desk", "desk/meters", "desk/events", "desk/gaps", "imports", "audit", "downloads"];
const PROVINCE = 60_000;

let county, browser;

before(async () => {
  browser = await launch();
  county = await County.start();
});
after(async () => {
  await browser?.close();
  await county?.stop();
});

async function on(options, address, look) {
  const { page, complaints, close } = await open(browser, county.url, options);
  try {
    await page.goto(`${county.url}#/${address}`);
    await settles(page);
    await look(page);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

for (const [language, options] of [["zh", { locale: "zh-CN" }], ["en", { locale: "en-GB" }], ["phone", { ...PHONE, locale: "zh-CN" }]]) {
  describe(`${language}: no part of a page fails, and none is wider than the window:`, () => {
    for (const address of PAGES) {
      test(address, async () => {
        await on(options, address, async (page) => {
          assert.deepEqual(await page.$$eval("main .trouble, #banner:not([hidden])", (all) => all.map((one) => one.textContent)), []);
          assert.ok((await page.textContent("h1#title")).length > 0);
          await fits(page);
          await page.screenshot({ path: picture(`${address.replace("/", "-")}-${language}.png`), fullPage: true });
        });
      });
    }
  });
}

test("words of the English pages are English", async () => {
  for (const address of ["ranking", "scatter", "whatif", "imports", "downloads", "desk"]) {
    await on({ locale: "en-GB" }, address, async (page) => saysNothingInChinese(page));
  }
});

/** A site of an evaluation some of whose terms are registers, graded if any is; where nothing was evaluated yet, it is now. */
async function evaluated() {
  if ((await county.ask("evaluations")).rows.length === 0) {
    const year = new Date(Date.now() + 8 * 3_600_000).getUTCFullYear();
    for (const { id } of (await county.ask("rules")).rows) await county.send("evaluations", { rules: id, year });
  }
  const found = [];
  for (const { id } of (await county.ask("evaluations")).rows) {
    for (const site of (await county.ask(`evaluations/${id}`, { limit: 200 })).rows) {
      const { indicators } = await county.ask(`evaluations/${id}/sites/${site.credit_code}`);
      if (JSON.stringify(indicators).includes('"how":"register"')) found.push({ id, site });
    }
  }
  const best = found.find(({ site }) => site.grade !== null) ?? found[0];
  assert.ok(best, "a site of an evaluation has registers among its terms");
  return best;
}

test("why a site has its grade: three clicks from the grade to the readings of its meters", async () => {
  const { id, site } = await evaluated();
  await on({}, `site/${site.credit_code}`, async (page) => {
    let clicks = 0;
    const click = async (what) => {
      clicks++;
      await what.click();
    };
    await click(page.locator(`#why-${id}`));
    await page.waitForSelector(".indicator");
    const measured = page.locator(".indicator", { has: page.locator(".reading-button") }).first();
    await click(measured.locator("summary").first());
    await click(measured.locator(".reading-button").first());
    await page.waitForSelector(".readings tbody tr");
    assert.equal(clicks, 3);
    const cells = await page.$eval(".readings tbody tr", (row) => [...row.cells].map((cell) => cell.textContent));
    assert.match(cells[0], /^\d{4}-\d\d-\d\d \d\d:\d\d$/, "the quarter-hour");
    assert.ok(cells[1].length > 0 && /\d/.test(cells[2] + cells[3]), `an amount and readings: ${cells.join(" | ")}`);
    await page.screenshot({ path: picture("grade-to-readings.png"), fullPage: true });
  });
});

describe("by keyboard", () => {
  test("the skip link comes first and leads to the content, and the focus is always seen", async () => {
    await on({}, "ranking", async (page) => {
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement.id), "main");
      for (let i = 0; i < 12; i++) {
        await page.keyboard.press("Tab");
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        assert.notEqual(outline, "none", `Tab ${i + 1}: ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120))}`);
      }
    });
  });

  test("arrows walk the rows, Enter opens a site, and a heading sorts with the focus kept", async () => {
    await on({}, "ranking", async (page) => {
      await page.focus("#ranking tbody tr:first-child a");
      await page.keyboard.press("ArrowDown");
      const second = await page.$eval("#ranking tbody tr:nth-child(2) a", (link) => link.id);
      assert.equal(await page.evaluate(() => document.activeElement.id), second);
      await page.focus("#ranking-by-kwh");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#ranking th[aria-sort] #ranking-by-kwh");
      await eventually(PATIENCE_MS, async () => assert.notEqual(await page.$eval("#ranking-by-kwh", (link) => link.closest("th").ariaSort), "none"));
      assert.equal(await page.evaluate(() => document.activeElement.id), "ranking-by-kwh");
      await page.focus("#ranking tbody tr:first-child a");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#figures");
    });
  });

  test("a dialog keeps the focus until it is left, and gives it back", async () => {
    await on({}, "targets", async (page) => {
      const button = page.locator("#set-target");
      await button.focus();
      const id = await button.getAttribute("id");
      await page.keyboard.press("Enter");
      await page.waitForSelector("dialog[open]");
      for (let i = 0; i < 8; i++) {
        await page.keyboard.press("Tab");
        assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog") !== null), `Tab ${i + 1} left the dialog`);
      }
      await page.keyboard.press("Escape");
      assert.equal(await page.locator("dialog").count(), 0);
      assert.equal(await page.evaluate(() => document.activeElement.id), id);
    });
  });
});

describe("at a province's size", () => {
  /** The platform's answer as if it had 60,000 sites: the page that was asked for. */
  async function many(page, asked) {
    const [row] = (await county.ranking()).sites;
    await page.route("**/api/v1/ranking*", async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const [offset, limit] = [Number(query.get("offset") ?? 0), Number(query.get("limit"))];
      asked.push(Object.fromEntries(query));
      const answer = await county.ranking({ limit: 1 });
      const sites = Array.from({ length: Math.min(limit, PROVINCE - offset) }, (_, i) => ({ ...row, rank: offset + i + 1, credit_code: `9133${String(offset + i).padStart(14, "0")}`, name: `site ${offset + i}` }));
      await route.fulfill({ json: { ...answer, sort: query.get("sort") ?? "tce_per_mu", order: query.get("order") ?? "asc", sites, total: PROVINCE } });
    });
  }

  test("the ranking is paged and sorted by the platform, and each page has an address", async () => {
    const { page, complaints, close } = await open(browser, county.url);
    const asked = [];
    await many(page, asked);
    await page.goto(`${county.url}#/ranking`);
    await page.waitForSelector("#ranking tbody tr");
    assert.equal(await page.locator("#ranking tbody tr").count(), 50);
    assert.equal(await page.textContent("#range"), "1–50 / 60,000");
    await page.click("#page-last");
    await eventually(PATIENCE_MS, async () => assert.equal(await page.textContent("#range"), "59,951–60,000 / 60,000"));
    assert.match(page.url(), /offset=59950/);
    await page.click("#ranking-by-kwh");
    await eventually(PATIENCE_MS, async () => assert.equal(await page.textContent("#range"), "1–50 / 60,000"));
    assert.deepEqual([asked.at(-1).sort, asked.at(-1).offset ?? "0"], ["kwh", "0"]);
    assert.ok(asked.every((query) => Number(query.limit) <= 500), "no question is for more than a page");
    assert.deepEqual(complaints, []);
    await close();
  });

  test("the scatter says how many of all sites it shows", async () => {
    const { page, close } = await open(browser, county.url);
    await many(page, []);
    await page.goto(`${county.url}#/scatter`);
    await page.waitForSelector("#scatter canvas");
    assert.match(await page.textContent("#scatter-says"), /the first 1,000 sites .* of 60,000/);
    await page.screenshot({ path: picture("scatter-60000.png"), fullPage: true });
    await close();
  });
});

test("a page whose platform is gone says so, keeps what it showed and comes back by itself", async () => {
  const { page, close } = await open(browser, county.url, { locale: "en-GB" });
  await page.goto(`${county.url}#/ranking`);
  await page.waitForSelector("#ranking tbody tr");
  await page.route("**/api/**", (route) => route.abort());
  await eventually(PATIENCE_MS, async () => assert.ok(await page.isVisible("#banner")));
  assert.ok((await page.locator("#ranking tbody tr").count()) > 0);
  await page.unroute("**/api/**");
  await eventually(PATIENCE_MS, async () => assert.ok(!(await page.isVisible("#banner"))));
  await close();
});

test("who is not signed in sees the sign-in page and nothing else, and a refused password says why", async () => {
  const { page, close } = await open(browser, county.url, { locale: "en-GB" });
  const no = (en) => ({ status: 401, json: { error: { zh: "请登录", en } } });
  const nobody = { name: null, role: null, regions: [], open: false, ways: ["password", "oidc"] };
  await page.route("**/api/v1/**", (route) => {
    const [method, isSession] = [route.request().method(), route.request().url().endsWith("/session")];
    if (isSession && method === "GET") return route.fulfill({ json: nobody });
    return route.fulfill(no(method === "POST" ? "the name or the password is wrong" : "sign in first"));
  });
  await page.goto(`${county.url}#/ranking`);
  await page.waitForSelector("#sign-in");
  assert.equal(await page.locator("#menu").count(), 0);
  await page.fill("#name", "li");
  await page.fill("#password", "wrong");
  await page.click("#sign-in");
  await eventually(PATIENCE_MS, async () => assert.match(await page.textContent("main [role=alert]"), /password is wrong/));
  await page.screenshot({ path: picture("sign-in-en.png"), fullPage: true });
  await close();
});
