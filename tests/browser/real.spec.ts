// Real histories, as an auditor would go through them: every screen, and a workpaper from the sample to the sign-off. The
// samples are not part of this project; where they are absent, it is said and skipped.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { open, WAYS } from "./document";
import { concludeAndSignOff, draw, folder, LACUNA, saved, start, testItem } from "./paper";
import { expectAccessible, ROOT } from "./screen";

const SAMPLES = process.env.LACUNA_SAMPLES ?? resolve(ROOT, "../shared/data");
const SCREENS: [string, string | RegExp][] = [
  ["overview", /changes|Approved|approval/],
  ["matrix", /./],
  ["changes", /^Changes: /],
  ["population", /^Population/],
  ["duties", "Persons and duties"],
  ["files", /./],
  ["trust", "Trust"],
  ["problems", /^Problems/],
  ["policy", "Policy"],
  ["compare", "Compare"],
  ["workpaper", /^Workpaper/],
  ["export", /./],
  ["privacy", /./],
];

/** Returns files of a sample, or nothing where it is absent. */
function sample(folder: string, names?: string[]): string[] {
  const path = join(SAMPLES, folder);
  if (!existsSync(path)) {
    console.log(`SKIPPED: no sample at ${path}`);
    return [];
  }
  const files = names ?? readdirSync(path).filter((name) => /\.(json|bundle)$/.test(name));
  return files.map((name) => join(path, name));
}

async function choose(page: Page, files: string[]): Promise<string[]> {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await open(page, WAYS[1][1]);
  await page.locator("input[type=file]").first().setInputFiles(files);
  await page.locator(".rail").waitFor({ timeout: 60_000 });
  return errors;
}

for (const [name, files, changes] of [
  ["a signed history", sample("slsa-source-track"), 298],
  ["pull requests of the command line", sample("population/ietf-dap", ["gh-pr-list.json", "CODEOWNERS"]), 0],
  ["pull requests of the interface", sample("population/tldr-pages-rest/data"), 0],
] as [string, string[], number][]) {
  test(`every screen shows ${name}`, async ({ page }) => {
    test.skip(files.length === 0, "the sample is absent");
    test.setTimeout(180_000);
    const errors = await choose(page, files);
    for (const [screen, heading] of SCREENS) {
      await page.evaluate((hash) => (location.hash = hash), `#/v1/${screen}`);
      await expect(page.getByRole("heading", { level: 1 }).first(), screen).toHaveText(heading);
      await expect(page.locator("main"), screen).not.toContainText(/undefined|NaN|null/);
      // The other specs judge every screen; here it is what a real history puts on them.
      if (screen === "changes" || screen === "population") await expectAccessible(page);
      await page.setViewportSize({ width: 320, height: 900 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `${screen} scrolls sideways`).toBeLessThanOrEqual(0);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    await page.evaluate(() => (location.hash = "#/v1/changes"));
    if (changes > 0) await expect(page.getByRole("heading", { level: 1 })).toContainText(`${changes} of ${changes}`);
    await page.locator("main a[href*='/change?']").first().click();
    await expect(page.getByRole("heading", { name: "Chain of accountability" })).toBeVisible();
    await expectAccessible(page);
    expect(errors).toEqual([]);
    expect(await page.evaluate(() => lacuna.violationCount)).toBe(0);
    expect(await page.evaluate(() => lacuna.requestCount())).toBe(0);
  });
}

test("a real export goes from opening to a paper that is signed off", async ({ page }) => {
  const files = sample("population/ietf-dap", ["gh-pr-list.json", "CODEOWNERS"]);
  test.skip(files.length === 0, "the sample is absent");
  test.setTimeout(180_000);
  const errors = await choose(page, files);
  await start(page);
  await draw(page, 5);
  await page.locator(".paper-items tbody a").first().click();
  for (let at = 0; at < 5; at += 1) {
    await testItem(page);
    if (at < 4) await page.getByRole("link", { name: "Next item" }).click();
  }
  await page.getByRole("link", { name: "Workpaper", exact: true }).first().click();
  await concludeAndSignOff(page, "five items of a real history");
  await expectAccessible(page);
  const told = execFileSync(LACUNA, ["workpaper", "verify", await saved(page), "--bundle", ...files], { encoding: "utf8" });
  expect(told).toContain("entries hold");
  expect(errors).toEqual([]);
});

test("signatures are checked behind the open bundle, those in sight first", async ({ page }) => {
  const files = sample("slsa-source-track");
  test.skip(files.length === 0, "the sample is absent");
  await open(page, WAYS[1][1]);
  await page.evaluate(() => (location.hash = "#/v1/trust"));
  // What is in sight, at each frame, from the first statement to the last signature.
  await page.evaluate(() => {
    const seen: { checking: string; states: string; rows: string[] }[] = [];
    const texts = (selector: string) => [...document.querySelectorAll(selector)].map((node) => node.textContent ?? "");
    const look = () => {
      seen.push({
        checking: texts(".checking")[0] ?? "",
        states: texts(".pairs li").join("; "),
        rows: texts(".list .s-state .chip").slice(0, 8),
      });
      requestAnimationFrame(look);
    };
    look();
    Object.assign(window, { seen });
  });
  await page.locator("input[type=file]").first().setInputFiles(files);
  await expect(page.locator(".checking")).toContainText("What rests on the others does not count yet.", { timeout: 60_000 });
  await expect(page.locator(".checking")).toHaveCount(0, { timeout: 60_000 });
  await expect(page.locator(".pairs").first()).not.toContainText("being checked");
  const seen = await page.evaluate(
    () => (window as unknown as { seen: { checking: string; states: string; rows: string[] }[] }).seen,
  );
  const during = seen.filter((frame) => frame.checking !== "" && frame.rows.length === 8);
  const isPending = (row: string) => row.includes("being checked");
  expect(during.some((frame) => frame.rows.some(isPending)), "it opened before all was checked").toBe(true);
  const early = during.filter((frame) => frame.states.includes("being checked") && !frame.rows.some(isPending));
  expect(early.length, "rows in sight were known while others waited").toBeGreaterThan(0);
});

test("what is saved while signatures are being checked waits for them and has the command line's bytes", async ({ page }) => {
  const files = sample("slsa-source-track");
  test.skip(files.length === 0, "the sample is absent");
  await open(page, WAYS[1][1]);
  await page.evaluate(() => (location.hash = "#/v1/export"));
  await page.locator("input[type=file]").first().setInputFiles(files);
  const waiting = page.waitForEvent("download", { timeout: 60_000 });
  await page.getByRole("button", { name: /Save Assessment/ }).click({ timeout: 60_000 });
  await expect(page.locator(".checking"), "asked for before all was checked").toHaveCount(1);
  const path = await (await waiting).path();
  await expect(page.locator(".checking")).toHaveCount(0);
  const out = join(folder(), "assessment.json");
  execFileSync(LACUNA, ["assess", ...files, "--format", "json", "-o", out], { stdio: "pipe" });
  expect(readFileSync(path).equals(readFileSync(out))).toBe(true);
});

test("what is drawn anew while signatures are checked takes the focus nowhere", async ({ page }) => {
  const files = sample("slsa-source-track");
  test.skip(files.length === 0, "the sample is absent");
  await open(page, WAYS[1][1]);
  await page.locator("input[type=file]").first().setInputFiles(files);
  const link = page.locator("main a[href*='/changes']").first();
  await link.focus({ timeout: 60_000 });
  const href = await link.getAttribute("href");
  await expect(page.locator(".checking"), "before all was checked").toHaveCount(1);
  await expect(page.locator(".checking")).toHaveCount(0, { timeout: 60_000 });
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("href"))).toBe(href);
});
