// A file large enough that a worker of its own reads it ahead.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { open, WAYS } from "./document";
import { ROOT, workerNamed } from "./screen";

const LACUNA = join(resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target"), "release/lacuna");
const FOLDER = mkdtempSync(join(tmpdir(), "lacuna-large-"));
const EXPORT = join(FOLDER, "pulls.json");
const EXPECTED = join(FOLDER, "expected.json");

test.beforeAll(() => {
  // Slices are of 4 MB, and what is at hand is held 8 MB ahead of what is parsed.
  const pull = (number: number) => ({
    number,
    title: `Change ${number}`,
    body: `What it does and why, at length. `.repeat(250),
    url: `https://github.com/acme/payments/pull/${number}`,
    author: { login: number % 2 ? "ana" : "ben", is_bot: false },
    mergedAt: "2026-03-01T10:00:00Z",
    createdAt: "2026-02-28T10:00:00Z",
    mergedBy: { login: "ben", is_bot: false },
    headRefOid: number.toString(16).padStart(40, "a"),
    mergeCommit: { oid: number.toString(16).padStart(40, "b") },
    baseRefName: "main",
    reviews: [{ author: { login: "ben" }, state: "APPROVED", submittedAt: "2026-03-01T09:00:00Z", body: "LGTM" }],
  });
  writeFileSync(EXPORT, JSON.stringify(Array.from({ length: 2_500 }, (_, at) => pull(at + 1))));
  expect(statSync(EXPORT).size).toBeGreaterThan(20_000_000);
  execFileSync(LACUNA, ["assess", EXPORT, "--format", "json", "-o", EXPECTED], { stdio: "pipe" });
});

/** Counts the slices that the reader takes, and fails from the given one on, as a file does that goes away. */
async function watchReader(page: Page, failFrom: number): Promise<void> {
  const reader = await workerNamed(page, "lacuna-reader");
  await reader.evaluate((failFrom) => {
    const slice = Blob.prototype.slice;
    const counted = self as unknown as { slices: number };
    counted.slices = 0;
    Blob.prototype.slice = function (...words) {
      counted.slices += 1;
      if (counted.slices >= failFrom) throw new Error("gone");
      return slice.apply(this, words);
    };
  }, failFrom);
}

async function slicesRead(page: Page): Promise<number> {
  const reader = await workerNamed(page, "lacuna-reader");
  return reader.evaluate(() => (self as unknown as { slices: number }).slices);
}

async function saved(page: Page): Promise<Buffer> {
  await page.locator("input[type=file]").first().setInputFiles(EXPORT);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Approved on paper", { timeout: 60_000 });
  await page.evaluate(() => (location.hash = "#/v1/export"));
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: /Save Assessment/ }).click();
  return readFileSync(await (await waiting).path());
}

for (const [way, address] of WAYS) {
  test(`${way}: a large file is read by a worker of its own and says what the command line says`, async ({ page }) => {
    await open(page, address);
    await watchReader(page, Infinity);
    const bytes = await saved(page);
    expect(bytes.equals(readFileSync(EXPECTED))).toBe(true);
    expect(await slicesRead(page)).toBe(Math.ceil(statSync(EXPORT).size / (4 << 20)));
    expect(await page.evaluate(() => lacuna.violationCount)).toBe(0);
  });

  for (const failFrom of [1, 3]) {
    test(`${way}: a reader that fails at slice ${failFrom} loses and changes nothing`, async ({ page }) => {
      await open(page, address);
      await watchReader(page, failFrom);
      const bytes = await saved(page);
      expect(bytes.equals(readFileSync(EXPECTED))).toBe(true);
      expect(await slicesRead(page)).toBe(failFrom);
    });
  }
}

test("a large file can be given up while it is read, and another opened", async ({ page }) => {
  await open(page, WAYS[1][1]);
  await page.locator("input[type=file]").first().setInputFiles(EXPORT);
  await page.getByRole("button", { name: "Cancel" }).click({ timeout: 10_000 });
  const bytes = await saved(page);
  expect(bytes.equals(readFileSync(EXPECTED))).toBe(true);
});
