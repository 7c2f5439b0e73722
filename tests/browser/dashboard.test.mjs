// The ranking, a site's page and its readings in Debian's Chromium over a running county. Pictures of all that is checked
// are left in target/screenshots.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, open, picture } from "./browser.mjs";
import { fits, isDrawn, rankingShows, saysNothingInChinese, settles } from "./checks.mjs";
import { County } from "./county.mjs";
import { eventually } from "./eventually.mjs";

const SITES = 8;
const PATIENCE_MS = 30_000;
const BAR = ["#2f7f86"];
const COLUMNS_AND_LINE = ["#0072b2", "#d55e00"];

/** Of the table in a site's page, in its order. */
const FIGURES = [
  ...["tce_per_mu", "output_value_wan_per_mu", "tce_per_wan", "kgce_per_product", "kwh", "kgce", "kgce_without_raw_material"],
  ...["kgce_without_renewable", "co2_t", "output", "output_value_wan", "tax_wan_per_mu", "value_added_wan_per_mu"],
];

let county, browser;
const shows = (page, query = {}) => eventually(PATIENCE_MS, async () => rankingShows(page, await county.ranking(query), SITES));

/** Runs `look` on a fresh page, after which nothing may have gone wrong on it. */
async function on(options, address, look) {
  const { page, complaints, close } = await open(browser, county.url, options);
  try {
    await page.goto(`${county.url}#/${address}`);
    await look(page);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

before(async () => {
  browser = await launch();
  county = await County.start();
});
after(async () => {
  await browser?.close();
  if (county) assert.equal(await county.stop(), 0, "the county ends well at Ctrl-C");
});

test("figures rise by themselves while the county runs", async () => {
  await on({}, "ranking", async (page) => {
    const kwh = () => page.$$eval("#ranking tbody tr td:nth-child(4)", (cells) => cells.reduce((sum, cell) => sum + Number(cell.title.split("\n")[0]), 0));
    await page.waitForSelector("#ranking tbody tr");
    const first = await kwh();
    await eventually(PATIENCE_MS, async () => assert.ok((await kwh()) > first, "still the first figures"));
  });
});

describe("while all registers stand", () => {
  before(() => county.freeze());

  for (const [language, locale, electricity] of [["zh", "zh-CN", "用电量"], ["en", "en-GB", "Electricity"]]) {
    test(`${language}: the ranking shows what the API says, and a site's page how sure each figure is`, async () => {
      await on({ locale }, "ranking", async (page) => {
        await shows(page);
        await isDrawn(page, "#bar", BAR, 5000);
        assert.equal(await page.textContent("#ranking th:nth-child(4) .what"), electricity);
        if (language === "en") await saysNothingInChinese(page);
        await fits(page);
        await page.screenshot({ path: picture(`ranking-${language}.png`), fullPage: true });

        await page.click("#ranking tbody tr:nth-child(2) a");
        await page.waitForSelector("#figures tbody tr");
        const { sites } = await county.ranking();
        const figures = await page.$$eval("#figures tbody tr", (rows) => rows.map((row) => row.cells[2].textContent));
        const said = { good: ["可信", "good"], uncertain: ["存疑", "uncertain"], bad: ["未知", "not known"] };
        const expected = FIGURES.map((figure) => said[sites[1].figures[figure].quality][language === "zh" ? 0 : 1]);
        assert.deepEqual(figures, expected, "how sure each figure is");
        await settles(page);
        await page.screenshot({ path: picture(`site-${language}.png`), fullPage: true });

        await page.click("#part-load");
        await eventually(PATIENCE_MS, () => isDrawn(page, "#quarters", COLUMNS_AND_LINE, 20));
        await page.screenshot({ path: picture(`site-load-${language}.png`), fullPage: true });
        await page.click("#part-flow");
        await eventually(PATIENCE_MS, () => isDrawn(page, "#flow", ["#0072b2"], 500));
        await page.screenshot({ path: picture(`site-flow-${language}.png`), fullPage: true });
        await page.click("#part-data");
        await page.waitForSelector("#ledger tbody tr");
        assert.equal(await page.locator("#ledger tbody tr").count(), 3, "three registers");
        await page.screenshot({ path: picture(`site-data-${language}.png`), fullPage: true });
      });
    });
  }

  test("from a figure to its readings it takes two clicks, and the readings are those of the ledger", async () => {
    const [{ credit_code: code }] = (await county.ranking()).sites;
    await on({}, `site/${code}`, async (page) => {
      await page.click("#explain-kgce");
      await page.waitForSelector(".reading-button");
      assert.match(await page.textContent("#recomputed"), /^✓/);
      await page.click(".reading-button");
      await page.waitForSelector(".readings tbody tr");
      const seen = await page.$eval(".readings", (place) => ({ register: place.dataset.register, amounts: [...place.querySelectorAll("tbody tr")].map((row) => row.cells[1].textContent) }));
      const { registers } = await county.ask(`sites/${code}/explain`, { figure: "kgce", intervals: 96 });
      const register = registers.find((one) => one.name === seen.register);
      const amounts = register.intervals.map((one) => one.counts * Number(register.per_count));
      assert.deepEqual(seen.amounts.map(Number), amounts.map((one) => Number(one.toPrecision(12))));
      await page.screenshot({ path: picture("readings-en.png"), fullPage: true });
    });
  });

  test("another figure, basis and industry are asked for and shown, and stand in the address", async () => {
    await on({}, "ranking", async (page) => {
      await shows(page);
      await page.selectOption("#sort", "output_value_wan_per_mu");
      await shows(page, { sort: "output_value_wan_per_mu" });
      await page.selectOption("#basis", "equivalent");
      await shows(page, { sort: "output_value_wan_per_mu", basis: "equivalent" });
      await page.selectOption("#industry", "C35");
      const query = { sort: "output_value_wan_per_mu", basis: "equivalent", industry: "C35" };
      await eventually(PATIENCE_MS, async () => rankingShows(page, await county.ranking(query), 2));
      await page.reload();
      await eventually(PATIENCE_MS, async () => rankingShows(page, await county.ranking(query), 2));
    });
  });

  test("the language can be changed and is remembered", async () => {
    await on({ locale: "zh-CN" }, "ranking", async (page) => {
      await shows(page);
      await page.click("#language");
      await eventually(PATIENCE_MS, () => saysNothingInChinese(page));
      // a reload ends what is under way
      await settles(page);
      await page.reload();
      await shows(page);
      await saysNothingInChinese(page);
    });
  });

  test("on paper the ranking and its chart are whole on one page, without the controls", async () => {
    await on({ locale: "zh-CN" }, "ranking", async (page) => {
      await shows(page);
      await isDrawn(page, "#bar", BAR, 5000);
      const paper = await page.pdf({ path: picture("print.pdf"), preferCSSPageSize: true, printBackground: true });
      assert.equal(paper.toString("latin1").match(/\/Type \/Page\b(?!s)/g)?.length, 1, "pages");
      await page.emulateMedia({ media: "print" });
      // the printable width of A4 landscape
      await page.setViewportSize({ width: 1032, height: 700 });
      await fits(page);
      await shows(page);
      await isDrawn(page, "#bar", BAR, 5000);
      for (const control of ["#filters", "#language", "#menu"]) assert.equal(await page.isVisible(control), false, control);
      await page.screenshot({ path: picture("print.png"), fullPage: true });
    });
  });

  test("on a phone the page does not scroll sideways, and site and ranked figure stand side by side", async () => {
    const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
    await on({ ...phone, locale: "zh-CN" }, "ranking", async (page) => {
      await shows(page);
      await fits(page);
      await isDrawn(page, "#bar", BAR, 5000);
      await page.screenshot({ path: picture("phone.png"), fullPage: true });
      const [name, figure] = await Promise.all(
        ["#ranking tbody td:nth-child(2)", "#ranking th[aria-sort=ascending]"].map((cell) => page.locator(cell).first().boundingBox()),
      );
      assert.ok(name.x >= 0 && name.x + name.width <= figure.x && figure.x + figure.width <= 390, JSON.stringify({ name, figure }));
      await page.tap("#ranking tbody tr:nth-child(2) a");
      await page.waitForSelector("#figures tbody tr");
      await page.tap("#part-load");
      await eventually(PATIENCE_MS, () => isDrawn(page, "#quarters", COLUMNS_AND_LINE, 20));
      await fits(page);
      await page.screenshot({ path: picture("phone-site.png"), fullPage: true });
    });
  });

  describe("the checks themselves", () => {
    /** The page gets the API's answer after `change`. */
    async function falsified(change, look) {
      const { page, close } = await open(browser, county.url);
      try {
        await page.route("**/api/v1/ranking*", async (route) => {
          const answer = await route.fetch();
          await route.fulfill({ json: change(await answer.json()) });
        });
        await page.goto(`${county.url}#/ranking`);
        await page.waitForSelector("#asof");
        await look(page);
      } finally {
        await close();
      }
    }
    const red = (check, what) => assert.rejects(check, { name: "AssertionError", message: what });

    test("an empty ranking is not taken for the county, and the page says that it is empty", async () => {
      await falsified((ranking) => ({ ...ranking, sites: [], total: 0 }), async (page) => {
        await red(rankingShows(page, await county.ranking(), SITES), /rows of the ranking/);
        await red(isDrawn(page, "#bar", BAR, 5000), /#bar is visible/);
        assert.ok(await page.isVisible("#ranking-empty"));
      });
    });

    test("one figure that differs in its last digit is seen", async () => {
      const change = (ranking) => {
        ranking.sites[3].kwh = (Number(ranking.sites[3].kwh) + 0.01).toFixed(2);
        return ranking;
      };
      await falsified(change, async (page) => red(rankingShows(page, await county.ranking(), SITES), /kwh of .*, exact/));
    });

    test("a figure that is not simply good is marked with the reason, and a published version is told", async () => {
      const change = (ranking) => {
        const state = ranking.sites[0].figures.kwh;
        Object.assign(state, { quality: "uncertain", doubts: ["epoch"], incomplete: true, completeness: "0.8" });
        const reason = { zh: "迟到读数", en: "late readings from gw-3: 2 quarter-hours" };
        return { ...ranking, publication: { version: 2, published_ms: 1790000000000, reason } };
      };
      await falsified(change, async (page) => {
        const cell = page.locator("#ranking tbody tr:first-child td:nth-child(4)");
        assert.ok(await cell.evaluate((cell) => cell.classList.contains("uncertain")), "the mark");
        const [, ...why] = (await cell.getAttribute("title")).split("\n");
        assert.deepEqual(why.slice(0, 2), ["incomplete 80.0 %", "reset or replaced: what ran between is not known"]);
        const told = await page.textContent("#publication");
        assert.ok(told.startsWith("Version 2 · changed since") && told.endsWith("late readings from gw-3: 2 quarter-hours"), told);
      });
    });

    test("a name that is HTML is shown as text", async () => {
      const name = "<img src=x onerror=\"document.title='broken in'\">";
      const change = (ranking) => {
        ranking.sites[0].name = name;
        return ranking;
      };
      await falsified(change, async (page) => {
        assert.equal(await page.textContent("#ranking tbody tr:first-child .site-name"), name);
        assert.equal(await page.locator("main img").count(), 0);
      });
    });

    test("a chart that was wiped is seen", async () => {
      await falsified((ranking) => ranking, async (page) => {
        await isDrawn(page, "#bar", BAR, 5000);
        await page.$eval("#bar canvas", (canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height));
        await red(isDrawn(page, "#bar", BAR, 5000), /has 0 pixels/);
      });
    });

    test("an error and a request to another host are complaints", async () => {
      // the page's own rules would stop the request before it is one
      const { page, complaints, close } = await open(browser, county.url, { bypassCSP: true });
      await page.goto(county.url);
      await page.evaluate(() => {
        console.error("planted");
        return fetch("http://elsewhere.invalid/x").catch(() => {});
      });
      await close();
      assert.ok(complaints.includes("console: planted"), complaints.join("\n"));
      assert.ok(complaints.includes("a request to http://elsewhere.invalid/x"), complaints.join("\n"));
    });
  });
});
