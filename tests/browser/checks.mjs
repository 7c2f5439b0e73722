// What must be seen on the page. Each check throws where it is not.

import assert from "node:assert/strict";

/** The figures of the table, in its order. */
const COLUMNS = ["kwh", "output", "kgce_per_product", "tce_per_wan", "output_value_wan_per_mu", "tce_per_mu", "completeness"];

/**
 * The ranking stands in the table: `sites` of them, each figure exact in the first line of its cell's title and rounded in
 * its text; one that is not simply good is marked, and the title says why.
 */
export async function rankingShows(page, ranking, sites) {
  const rows = await page.$$eval("#ranking tbody tr", (rows) =>
    rows.map((row) => ({
      code: row.dataset.code,
      cells: [...row.cells].map((cell) => ({ text: cell.textContent, title: cell.title, marked: cell.classList.contains("uncertain"), seen: cell.checkVisibility() })),
    })),
  );
  assert.equal(rows.length, sites, "rows of the ranking");
  assert.deepEqual(rows.map((row) => row.code), ranking.sites.map((site) => site.credit_code), "the order of the sites");
  ranking.sites.forEach((site, at) => {
    const [rank, name, , ...figures] = rows[at].cells;
    assert.ok([rank, name, ...figures].every((cell) => cell.seen), `${site.name} is visible`);
    assert.equal(rank.text, String(site.rank), `rank of ${site.name}`);
    assert.equal(name.text, site.name);
    COLUMNS.forEach((figure, i) => {
      const [exact, ...why] = figures[i].title.split("\n");
      assert.equal(exact, site[figure], `${figure} of ${site.name}, exact`);
      const uncertain = site.figures[figure].quality === "uncertain";
      assert.equal(figures[i].marked, uncertain, `${figure} of ${site.name} is marked: ${site.figures[figure].quality}`);
      assert.equal(why.length > 0, uncertain, `${figure} of ${site.name} says why: ${figures[i].title}`);
      isRounded(figures[i].text, site[figure], figure, site.name);
    });
  });
}

function isRounded(text, exact, figure, name) {
  const shown = Number(text.replaceAll(",", "").match(/^-?[\d.]+/)?.[0] ?? NaN);
  const expected = Number(exact) * (figure === "completeness" ? 100 : 1);
  // four significant digits, but for counts of thousands and for per cent, which have one decimal
  const room = Math.max(Math.abs(expected) * 0.006, figure === "completeness" ? 0.1 : 0);
  assert.ok(Math.abs(shown - expected) <= room, `${figure} of ${name} is shown as ${text}, it is ${exact}`);
}

/** The chart is seen, and each of the colours covers that many of its pixels. */
export async function isDrawn(page, chart, wanted, pixels) {
  assert.ok(await page.isVisible(`${chart} canvas`), `${chart} is visible`);
  for (const colour of wanted) {
    const found = await page.$eval(`${chart} canvas`, pixelsLike, colour);
    assert.ok(found >= pixels, `${chart} has ${found} pixels of ${colour}, expected ${pixels}`);
  }
}

/** Runs in the page. What is not quite opaque is a little off after the canvas's own rounding. */
function pixelsLike(canvas, colour) {
  const wanted = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  // read from a copy: reading the page's own canvas would slow its drawing down
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const drawn = copy.getContext("2d", { willReadFrequently: true });
  drawn.drawImage(canvas, 0, 0);
  const { data } = drawn.getImageData(0, 0, copy.width, copy.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] > 0 && wanted.every((channel, i) => Math.abs(channel - data[at + i]) <= 3)) found++;
  }
  return found;
}

/** The page of the address stands there, with all of its parts. */
export async function settles(page) {
  await page.waitForFunction(() => document.querySelector("#title") !== null && document.querySelector("main[aria-busy], main [aria-busy]") === null);
}

/** Nothing is wider than the window: the page itself does not scroll sideways. */
export async function fits(page) {
  const { wide, room } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, room: window.innerWidth }));
  assert.ok(wide <= room, `the page is ${wide} wide in a window of ${room}`);
}

/** No word of the page itself is Chinese: the names of sites are data, and two places are meant to be. */
export async function saysNothingInChinese(page) {
  const text = await page.evaluate(() => {
    const copy = document.body.cloneNode(true);
    copy.querySelectorAll(".site-name, .data, h1, .brand .name, #language, script").forEach((element) => element.remove());
    return copy.textContent;
  });
  assert.deepEqual(text.match(/[\u3000-\u9fff\uff00-\uffef]+/g) ?? [], [], "Chinese words on the English page");
}
