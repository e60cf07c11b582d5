// Measures the packed document in Chromium: `make bench-browser`. Prints tables; fails only when it cannot run.
//
//   intake   from the choice of a 100 MB `gh` export to the overview and the whole matrix, against that tab's own JSON.parse
//            of the same bytes, and the longest task on the main thread meanwhile
//   trust    checking the signatures of a real history, in milliseconds a bundle (samples; skipped where absent)

import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const [, , exported] = process.argv;
const samples = process.env.LACUNA_SAMPLES ?? resolve(root, "../shared/data");
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const args = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

// Runs before the document: notes every long task, and how far signatures are checked behind the open bundle.
function watch() {
  globalThis.seen = { longest: 0, checks: [] };
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.longest = Math.max(seen.longest, task.duration);
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    const counts = /([\d,]+) of ([\d,]+)/.exec(document.querySelector(".checking")?.textContent ?? "");
    const [done, all] = counts ? [counts[1], counts[2]].map((text) => Number(text.replaceAll(",", ""))) : [0, 0];
    seen.checks.push({ at: performance.now(), done, all });
    requestAnimationFrame(look);
  };
  look();
}

async function open(browser, files) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.addInitScript(watch);
  await page.goto(`file://${join(root, "dist/lacuna.html")}`);
  const field = page.locator("input[type=file]").first();
  await field.waitFor({ state: "attached" });
  // The engine is unpacked while the reader looks for a file; nobody picks one sooner.
  await page.waitForTimeout(2_000);
  await page.evaluate(() => {
    document.querySelector("input[type=file]").addEventListener("change", (event) => {
      seen.files = [...event.target.files];
      seen.start = performance.now();
      seen.longest = 0;
    }, true);
  });
  await field.setInputFiles(files);
  await page.locator(".rail").waitFor({ timeout: 300_000 });
  await page.evaluate(() => { seen.open = performance.now(); });
  return page;
}

async function intake(browser) {
  console.log(`intake of ${(statSync(exported).size / 1e6).toFixed(1)} MB`);
  for (let round = 1; round <= 3; round += 1) {
    const page = await open(browser, [exported]);
    await page.evaluate(() => { location.hash = "#/v1/matrix"; });
    await page.locator("table.m").waitFor({ timeout: 60_000 });
    const told = await page.evaluate(async () => {
      const matrix = performance.now();
      const bytes = await seen.files[0].arrayBuffer();
      const before = performance.now();
      const text = new TextDecoder().decode(bytes);
      const decoded = performance.now();
      JSON.parse(text);
      const parsed = performance.now();
      return {
        open: seen.open - seen.start, matrix: matrix - seen.start, longest: seen.longest, bytes: parsed - before, text: parsed - decoded,
      };
    });
    const [ratio, ofText] = [told.bytes, told.text].map((took) => (told.matrix / took).toFixed(2));
    console.log(
      `  round ${round}: overview ${told.open.toFixed(0)} ms, matrix ${told.matrix.toFixed(0)} ms; JSON.parse of the bytes ${told.bytes.toFixed(0)} ms, ratio ${ratio} (aim 1.0); ` +
        `of the text once decoded ${told.text.toFixed(0)} ms, ratio ${ofText}; longest task ${told.longest.toFixed(0)} ms (aim under 50)`,
    );
    await page.close();
  }
}

async function trust(browser) {
  const folder = join(samples, "slsa-source-track");
  if (!existsSync(folder)) {
    console.log(`trust: skipped, no samples at ${folder}`);
    return;
  }
  const files = readdirSync(folder).filter((name) => name.endsWith(".bundle")).map((name) => join(folder, name));
  for (let round = 1; round <= 3; round += 1) {
    const page = await open(browser, files);
    await page.locator(".checking").waitFor({ timeout: 60_000 });
    await page.locator(".checking").waitFor({ state: "detached", timeout: 60_000 });
    const told = await page.evaluate(() => {
      const during = seen.checks.filter((check) => check.all > 0);
      const [first, last] = [during[0], during.at(-1)];
      const end = seen.checks.find((check) => check.at > last.at) ?? last;
      return { took: end.at - first.at, first: first.done, all: first.all, open: seen.open - seen.start, longest: seen.longest };
    });
    // The history holds 482 Sigstore bundles, checked first; what else is signed (commits, bare envelopes) has no key here and
    // costs little. The first of them were checked before it opened.
    const left = 482 - told.first;
    console.log(
      `trust, round ${round}: open after ${told.open.toFixed(0)} ms with ${told.first} of ${told.all} signatures checked; the others, assessed again and shown on the way, ` +
        `in ${told.took.toFixed(0)} ms: ${(told.took / left).toFixed(2)} ms a Sigstore bundle (aim 3.7), longest task on the main thread ${told.longest.toFixed(0)} ms`,
    );
    await page.close();
  }
}

const browser = await chromium.launch({ executablePath, args });
try {
  if (exported) await intake(browser);
  await trust(browser);
} finally {
  await browser.close();
}
