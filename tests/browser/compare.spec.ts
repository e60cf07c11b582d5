// Comparison in the browser: two periods of the open bundle, and an assessment exported before.

import { expect, test } from "@playwright/test";
import { expectAccessible, goTo, openSample } from "./screen";

test("two periods are compared, what was measured differently comes first, and rows lead to their changes", async ({ page }) => {
  await openSample(page);
  await goTo(page, "compare", "Compare");
  await page.getByLabel("Before: until, exclusive").fill("2026-08-01");
  await page.getByLabel("After: from").fill("2026-08-01");
  await page.getByRole("button", { name: "Compare the periods" }).click();
  const headings = page.locator("main h2");
  await expect(headings.filter({ hasText: "What was measured differently" })).toBeVisible();
  const order = await headings.allTextContents();
  expect(order.findIndex((text) => text.includes("measured differently"))).toBeLessThan(order.findIndex((text) => text.includes("What became of it")));
  await expect(page.locator(".sides")).toContainText("2026-08-01");

  // Changes of two periods are new and gone; each of the later period can be opened.
  await page.getByRole("link", { name: /\d+ changes new/ }).click();
  const row = page.getByRole("grid", { name: "Differences" }).getByRole("row").nth(1);
  await expect(row).toContainText("new");
  await row.getByRole("link").first().click();
  await expect(page).toHaveURL(/#\/v1\/change\?id=/);
});

test("an assessment that was exported is the other side, and an edited policy is said first", async ({ page }) => {
  await openSample(page);
  await goTo(page, "export", "Export");
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: /Save Assessment/ }).click();
  const exported = await (await waiting).path();

  await goTo(page, "policy", "Policy");
  await page.getByLabel("lines-per-hour").fill("1");
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await expect(page.locator("p.edited")).toBeVisible();

  await goTo(page, "compare", "Compare");
  await page.locator("input[type=file]").setInputFiles(exported);
  const measured = page.locator(".panel", { has: page.getByRole("heading", { name: "What was measured differently" }) });
  await expect(measured).toContainText("depth.linesPerHour");
  await page.getByRole("link", { name: /\d+ criteria regressed/ }).click();
  const grid = page.getByRole("grid", { name: "Differences" });
  await expect(grid.getByRole("row").nth(1)).toContainText("review.depth");
  const row = grid.getByRole("row").nth(1);
  await row.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/#\/v1\/change\?id=/);
});

test("a file that is no evidence is said to hold no change, and nothing of the open bundle is lost", async ({ page }) => {
  await openSample(page);
  await goTo(page, "compare", "Compare");
  await page.locator("input[type=file]").setInputFiles({
    name: "old.json",
    mimeType: "application/json",
    buffer: Buffer.from('{"schema":"lacuna.assessment/v9"}'),
  });
  await expect(page.getByRole("status").filter({ hasText: "no exported assessment" })).toBeVisible();
  await goTo(page, "overview", /Approved on paper/);
});

test("the screen passes WCAG 2.2 AA before and after", async ({ page }) => {
  await openSample(page);
  await goTo(page, "compare", "Compare");
  await expectAccessible(page);
  await page.getByLabel("Before: until, exclusive").fill("2026-08-01");
  await page.getByLabel("After: from").fill("2026-08-01");
  await page.getByRole("button", { name: "Compare the periods" }).click();
  await expect(page.getByRole("grid", { name: "Differences" })).toBeVisible();
  await expectAccessible(page);
});
