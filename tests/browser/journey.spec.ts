// The way of an auditor through the packed document, from the file to the export, opened from disk and over loopback.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { open, WAYS } from "./document";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const SAMPLE = join(ROOT, "public/samples/sample.zip");
const LACUNA = join(resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target"), "release/lacuna");

/** The screens, by the route that the address bar shows. */
const SCREENS = ["overview", "matrix", "changes", "population", "duties", "files", "trust", "problems", "workpaper", "export", "privacy"];

async function openSample(page: Page, address: string): Promise<void> {
  await open(page, address);
  await page.getByRole("button", { name: "Open the sample" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(/Approved on paper, not substantiated: \d+ of \d+/);
}

async function goTo(page: Page, screen: string): Promise<void> {
  await page.evaluate((hash) => (location.hash = hash), `#/v1/${screen}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.waitForTimeout(150);
}

/** Opens the first change of the list that deviates. */
async function openChange(page: Page): Promise<void> {
  await goTo(page, "changes?q=standing%3Acontradicted");
  await page.getByRole("grid").getByRole("row").nth(1).getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "Chain of accountability" })).toBeVisible();
}

for (const [way, address] of WAYS) {
  test(`${way}: from the dropped file to the same export as the command line's`, async ({ page }) => {
    await open(page, address);
    // Drop the file as a person does: the browser hands over a File.
    const bytes = readFileSync(SAMPLE).toString("base64");
    const transfer = await page.evaluateHandle((base64) => {
      const data = new DataTransfer();
      const raw = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      data.items.add(new File([raw], "sample.zip", { type: "application/zip" }));
      return data;
    }, bytes);
    for (const type of ["dragenter", "dragover", "drop"]) {
      await page.dispatchEvent(".drop", type, { dataTransfer: transfer });
    }
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Approved on paper, not substantiated");

    // Every number is a door: what a step of the funnel loses leads to those changes.
    const door = page.locator(".funnel a").filter({ hasText: /\d/ }).first();
    await door.click();
    await expect(page).toHaveURL(/#\/v1\/changes/);

    // A change, its verdicts, and the raw record behind one of them.
    await openChange(page);
    await page.locator("main a.evidence").nth(1).click();
    await expect(page.getByRole("region", { name: "Lines of the record" })).toBeVisible();

    // The export has the same bytes as the command line's.
    for (const [format, name] of [["json", "Assessment"], ["csv", "Workpaper"], ["html", "Report"]] as const) {
      await goTo(page, "export");
      const waiting = page.waitForEvent("download");
      await page.getByRole("button", { name: new RegExp(`Save ${name}`) }).click();
      const path = await (await waiting).path();
      const out = join(mkdtempSync(join(tmpdir(), "lacuna-")), `report.${format}`);
      execFileSync(LACUNA, ["assess", SAMPLE, "--format", format, "-o", out], { stdio: "pipe" });
      expect(readFileSync(path).equals(readFileSync(out)), format).toBe(true);
    }
    expect(await page.evaluate(() => lacuna.violationCount)).toBe(0);
    expect(await page.evaluate(() => lacuna.requestCount())).toBe(0);
  });
}

test("picked files open as dropped ones do", async ({ page }) => {
  await open(page, WAYS[0][1]);
  await page.getByLabel("Pick files…").setInputFiles(SAMPLE);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Approved on paper, not substantiated");
});

test("a file that nothing recognises is a problem and not the end", async ({ page }) => {
  await open(page, WAYS[0][1]);
  await page.getByLabel("Pick files…").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await goTo(page, "problems");
  await expect(page.getByRole("grid")).toContainText("notes.txt");
});

test("the view is in the address bar: back, reload and a copied link", async ({ page }) => {
  await openSample(page, WAYS[0][1]);
  await goTo(page, "matrix");
  await goTo(page, "changes?q=ai%3Aunknown");
  await page.goBack();
  await expect(page).toHaveURL(/#\/v1\/matrix/);
  await page.goForward();
  await page.reload();
  await page.getByRole("button", { name: "Open the sample" }).click();
  await expect(page).toHaveURL(/#\/v1\/changes\?q=ai%3Aunknown|#\/v1\/changes\?q=ai:unknown/);
  await expect(page.getByRole("grid")).toBeVisible();
});

test("everything is reached by keyboard", async ({ page }) => {
  await openSample(page, WAYS[0][1]);
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await expect(page).toHaveURL(/#\/v1\/matrix/);
  const grid = page.getByRole("grid");
  await grid.locator("[tabindex='0']").first().focus();
  await page.keyboard.press("ArrowDown");
  const first = await page.evaluate(() => document.activeElement?.getAttribute("data-cell"));
  await page.keyboard.press("ArrowRight");
  const second = await page.evaluate(() => document.activeElement?.getAttribute("data-cell"));
  expect(first).not.toBeNull();
  expect(second).not.toBe(first);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("a signature is taken apart, and one flipped bit is seen", async ({ page }) => {
  await openSample(page, WAYS[0][1]);
  await goTo(page, "trust");
  await expect(page.getByText("1 invalid")).toBeVisible();
  await page.getByRole("searchbox", { name: "Type, signer, root or state" }).fill("valid");
  const row = page.getByRole("grid").getByRole("link", { name: "valid", exact: true }).first();
  await row.click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("source-provenance");
  await page.getByRole("button", { name: "payload" }).click();
  await expect(page.getByText("and the check no longer holds")).toBeVisible();
  await check(page, "statement", 1280);
});

test("a key that the reader takes back vouches for nothing any more", async ({ page }) => {
  await openSample(page, WAYS[0][1]);
  await goTo(page, "trust");
  await page.getByRole("button", { name: "Take back what I added" }).click();
  await expect(page.getByText(/\d+ not checked/)).toBeVisible();
  await page.getByLabel("Add a root or key…").setInputFiles("../../public/samples/sample-key.pem");
  await expect(page.getByText("1 invalid")).toBeVisible();
});

test("hostile text stays text", async ({ page }) => {
  await open(page, WAYS[0][1]);
  const title = `<img src=x onerror="window.broken=1"> \u202Ereversed`;
  const change = {
    number: 1, title, url: "https://github.com/o/r/pull/1", state: "MERGED", author: { login: "a" }, body: "",
    createdAt: "2026-01-01T00:00:00Z", mergedAt: "2026-01-02T00:00:00Z", mergedBy: { login: "b" }, baseRefName: "main",
    headRefName: "x", headRefOid: "a".repeat(40), mergeCommit: { oid: "b".repeat(40) }, reviewDecision: "", reviews: [],
  };
  const buffer = Buffer.from(JSON.stringify([change]));
  await page.getByLabel("Pick files…").setInputFiles({ name: "pulls.json", mimeType: "application/json", buffer });
  await goTo(page, "changes");
  await expect(page.getByRole("grid")).toContainText("<img src=x");
  expect(await page.locator("main img").count()).toBe(0);
  expect(await page.evaluate(() => (globalThis as { broken?: number }).broken)).toBeUndefined();
  expect(await page.getByRole("grid").textContent()).not.toContain("\u202E");
});

for (const scheme of ["light", "dark"] as const) {
  for (const width of [1280, 320]) {
    test(`every screen is accessible at ${width} px, ${scheme}`, async ({ page }) => {
      test.setTimeout(180_000);
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await open(page, WAYS[0][1]);
      await check(page, "welcome", width);
      await openSample(page, WAYS[0][1]);
      for (const screen of SCREENS) {
        await goTo(page, screen);
        await check(page, screen, width);
      }
      await openChange(page);
      await check(page, "change", width);
    });
  }
}

async function check(page: Page, screen: string, width: number): Promise<void> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  const told = violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
  expect(told, screen).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `${screen} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
}

test("without colours a cell of the matrix still shows what it is", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await open(page, WAYS[0][1]);
  await page.getByRole("button", { name: "Open the sample" }).click();
  await goTo(page, "matrix");
  await page.locator("table.m").waitFor();
  const looks = await page.evaluate(() =>
    ["ok", "u1", "p", "x", "na"].map((name) => {
      const cell = document.querySelector(`table.m .cell.${name}`) ?? document.querySelector(`.legend .cell.${name}`);
      const style = cell && getComputedStyle(cell);
      return style ? `${style.borderTopStyle} ${style.borderTopWidth}` : `no cell ${name}`;
    }),
  );
  expect(new Set(looks).size, looks.join(", ")).toBe(5);
});
