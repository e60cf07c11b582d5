// The policy in the browser: an edit says what it would turn, is applied, marks every screen, is saved and taken back.

import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { expectAccessible, goTo, openSample } from "./screen";

const effect = (page: Page) => page.locator(".panel", { has: page.getByRole("heading", { name: /What it would change/ }) });

async function openPolicy(page: Page): Promise<void> {
  await openSample(page);
  await goTo(page, "policy", "Policy");
  await expect(page.getByLabel("lines-per-hour")).toBeVisible();
}

/** Types into a field and leaves it, as a person does. */
async function fill(page: Page, label: string, value: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).fill(value);
  await page.keyboard.press("Tab");
}

test("an edit of a threshold says what it would turn before anything is in force", async ({ page }) => {
  await openPolicy(page);
  await fill(page, "lines-per-hour", "1");
  const turned = effect(page).getByText(/\d+ verdicts? of review\.depth/).filter({ hasText: "not shown" }).or(
    effect(page).locator("summary").filter({ hasText: "review.depth" }),
  );
  await expect(turned.first()).toBeVisible();
  await expect(page.locator("p.edited")).toHaveCount(0);

  // The next field has the focus: what came back took nothing from the reader.
  await expect(page.getByLabel("lines-per-sitting")).toBeFocused();

  // What turns can be opened.
  await turned.first().click();
  const door = effect(page).locator("details[open] a").first();
  const id = (await door.textContent()) ?? "";
  await door.click();
  await expect(page).toHaveURL(/#\/v1\/change\?id=/);
  await expect(page.locator("main")).toContainText(id.split("#").pop() ?? id);

  // The draft is there still.
  await goTo(page, "policy", "Policy");
  await expect(page.getByLabel("lines-per-hour")).toHaveValue("1");
});

test("each threshold that is changed says what it alone would turn, beside the whole", async ({ page }) => {
  await openPolicy(page);
  await fill(page, "lines-per-hour", "1");
  await expect(effect(page)).toBeVisible();
  const apart = page.locator(".panel", { has: page.getByRole("heading", { name: /Each threshold apart/ }) });
  // One threshold is the whole.
  await expect(apart).toHaveCount(0);
  await page.locator("details.panel > summary").filter({ hasText: "demands" }).click();
  await fill(page, "serious-severity", "10");
  const rows = apart.locator(".apart > li");
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0).getByRole("heading")).toHaveText(/^review-depth\.lines-per-hour \d+ → 1$/);
  await expect(rows.nth(0).locator("summary").filter({ hasText: "review.depth" }).first()).toBeVisible();
  await expect(rows.nth(1).getByRole("heading")).toHaveText(/^demands\.serious-severity [\d.]+ → 10$/);
  await expect(rows.nth(1).locator("summary").filter({ hasText: "review.depth" })).toHaveCount(0);
  await expect(page.locator("p.edited")).toHaveCount(0);
  await expectAccessible(page);
  await fill(page, "lines-per-hour", "");
  await expect(apart).toHaveCount(0);
  await expect(effect(page)).toBeVisible();
});

test("an answer takes nothing from what is being typed", async ({ page }) => {
  await openPolicy(page);
  await fill(page, "lines-per-hour", "1");
  await page.getByLabel("seconds-per-line", { exact: true }).fill("7");
  await expect(effect(page)).toBeVisible();
  await expect(page.getByLabel("seconds-per-line", { exact: true })).toHaveValue("7");
  await page.keyboard.press("Tab");
  await expect(page.getByLabel(/^lacuna\.toml/)).toHaveValue(/seconds-per-line = 7/);
});

test("an applied policy marks every screen and report, and is taken back", async ({ page }) => {
  await openPolicy(page);
  const before = await page.locator("dd .hash").first().textContent();
  await fill(page, "lines-per-hour", "1");
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await expect(page.locator("p.edited")).toContainText("Assessed under an edited policy");
  expect(await page.locator("dd .hash").first().textContent()).not.toBe(before);
  for (const [screen, heading] of [["overview", /Approved on paper/], ["changes", /changes/i], ["export", "Export"]] as const) {
    await goTo(page, screen, heading);
    await expect(page.locator("p.edited"), screen).toBeVisible();
  }
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: /Save Assessment/ }).click();
  const report = JSON.parse(readFileSync(await (await waiting).path(), "utf8"));
  expect(report.policySource.from).toBe("given");
  expect(report.policy.depth.linesPerHour).toBe(1);

  await goTo(page, "policy", "Policy");
  await page.getByRole("button", { name: "Reset" }).click();
  await expect(page.locator("p.edited")).toHaveCount(0);
  await expect(page.locator("dd .hash").first()).toHaveText(before ?? "");
});

test("a text with a mistake names line, column and what was meant, and the file is saved as it is", async ({ page }) => {
  await openPolicy(page);
  const text = page.getByLabel(/^lacuna\.toml/);
  const own = await text.inputValue();
  await text.fill(`# edited\n[scop]\n${own}`);
  await page.keyboard.press("Tab");
  const wrong = page.locator(".panel", { has: page.getByRole("heading", { name: /What is wrong with this text/ }) });
  await expect(wrong).toContainText("line 2, column 2");
  await expect(wrong).toContainText("Did you mean scope?");
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save lacuna.toml" }).click();
  const download = await waiting;
  expect(download.suggestedFilename()).toBe("lacuna.toml");
  expect(readFileSync(await download.path(), "utf8")).toBe(`# edited\n[scop]\n${own}`);
});

test("an exception is added by its fields, and one for everything changes nothing and says so", async ({ page }) => {
  await openPolicy(page);
  const exceptions = page.locator("details.panel").filter({ hasText: "Accepted deviations" });
  if ((await exceptions.getAttribute("open")) === null) await exceptions.locator("summary").first().click();
  const count = await exceptions.locator("fieldset").count();
  await exceptions.getByRole("button", { name: /Add to: Exceptions/ }).click();
  await expect(exceptions.locator("fieldset")).toHaveCount(count + 1);
  const one = exceptions.locator("fieldset").last();
  for (const [key, value] of [
    ["id", "EX-broad"],
    ["criteria", "*"],
    ["changes", "#482"],
    ["owner", "Ada"],
    ["reason", "because"],
    ["compensating-control", "none"],
    ["until", "2099-01-01"],
  ]) {
    await one.getByLabel(key, { exact: true }).fill(value);
    await page.keyboard.press("Tab");
    await expect(one.getByLabel(key, { exact: true })).toHaveValue(value);
  }
  await page.getByRole("button", { name: /^Apply/ }).click();
  const listed = page.locator(".panel", { has: page.getByRole("heading", { name: /Exceptions in force/ }) });
  await expect(listed.locator("li").filter({ hasText: "EX-broad" })).toContainText("too broad, and changes nothing");
});

test("the screen passes WCAG 2.2 AA in every state", async ({ page }) => {
  await openPolicy(page);
  await expectAccessible(page);
  await fill(page, "lines-per-hour", "many");
  await expect(page.getByRole("heading", { name: /What is wrong with this text/ })).toBeVisible();
  await fill(page, "instant-seconds", "100000");
  await expect(effect(page)).toBeVisible();
  await page.getByRole("button", { name: /^Apply/ }).click();
  await expect(page.locator("p.edited")).toBeVisible();
  await expectAccessible(page);
});
