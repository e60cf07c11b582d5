// The way of an auditor through a workpaper: start, draw, test, find, conclude, sign off, save; kept over a reload; a file
// that somebody changed; and the command line that takes what the page saved.

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { WAYS } from "./document";
import { begin, concludeAndSignOff, draw, LACUNA, SAMPLE, saved, testItem, unfold } from "./paper";
import { ROOT } from "./screen";

const KEY = join(ROOT, "public/samples/sample-key.pem");
const [HOSTED, DISK] = [WAYS[0][1], WAYS[1][1]];

test("from opening to a signed-off paper that the command line takes", async ({ page }) => {
  test.setTimeout(180_000);
  await begin(page, HOSTED);
  await draw(page, 3);
  const items = page.locator(".paper-items tbody a");
  await expect(items).toHaveCount(3);
  await items.first().click();
  for (let at = 0; at < 3; at += 1) {
    await testItem(page);
    if (at < 2) await page.getByRole("link", { name: "Next item" }).click();
  }

  // A result that is not the tool's needs a reason; what was typed is not lost when it is refused.
  const step = page.locator(".paper-steps > li").first();
  await unfold(page, "Enter a result");
  const isMet = (await step.locator("dd .chip.met").count()) > 0;
  await step.getByLabel("Your result").selectOption(isMet ? "exception" : "pass");
  await step.getByLabel("Note").fill("asked the approver");
  await step.getByRole("button", { name: "Enter the result" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "reason" })).toBeVisible();
  await expect(step.getByLabel("Note")).toHaveValue("asked the approver");
  await step.getByLabel("Reason").fill("seen in the release meeting's minutes");
  await step.getByRole("button", { name: "Enter the result" }).click();
  await expect(step.locator(".paper-results li").first()).toContainText("the tool said");
  await expect(step.locator(".paper-results li").nth(1)).toContainText("superseded");

  // What is typed for one item is not there for another.
  await unfold(page, "Enter a result");
  await step.getByLabel("Note").fill("only of this item");
  await page.getByRole("link", { name: "Previous item" }).click();
  await unfold(page, "Enter a result");
  await expect(page.locator(".paper-steps > li").first().getByLabel("Note")).toHaveValue("");

  // A finding, and its ways.
  await unfold(page, "Raise a finding on this item");
  await page.getByLabel("Condition: what was found").fill("Approved without a person");
  await page.getByLabel("Criterion: what should be").fill("SOC 2 CC1.5");
  await page.getByLabel("Owner").fill("Bo");
  await page.getByRole("button", { name: "Raise the finding" }).click();
  await page.getByRole("link", { name: "Workpaper", exact: true }).first().click();
  await expect(page.locator(".paper-findings li").first()).toContainText("Approved without a person");
  for (const stage of ["remediated", "retested", "closed"]) {
    const finding = page.locator(".paper-findings > li").first();
    await unfold(finding, "Go on with it");
    await finding.getByLabel("It is now").selectOption(stage);
    await finding.getByLabel("What was done or seen").fill(`seen that it is ${stage}`);
    await finding.getByRole("button", { name: "Enter", exact: true }).click();
    await expect(finding.locator(".chip").first()).toHaveText(stage);
  }

  // Evaluate, conclude, sign off: the control, then the whole.
  const control = page.locator(".paper-controls > li").first();
  await unfold(control, "Evaluate the sample");
  await control.getByRole("button", { name: "Evaluate" }).click();
  await expect(control).toContainText("support reliance");
  await concludeAndSignOff(page, "three items");

  const file = await saved(page);
  await expect(page.getByText("saved as a file", { exact: true })).toBeVisible();
  const told = execFileSync(LACUNA, ["workpaper", "verify", file, "--bundle", SAMPLE, "--trust", KEY], { encoding: "utf8" });
  expect(told).toContain("entries hold, beside the bundle");
  expect(await page.evaluate(() => lacuna.violationCount)).toBe(0);
  expect(await page.evaluate(() => lacuna.requestCount())).toBe(0);
});

test("a paper outlives the page, and can be deleted from the browser", async ({ page }) => {
  await begin(page, HOSTED);
  await draw(page, 3);
  await expect(page.getByText("kept by this browser", { exact: true })).toBeVisible();
  await page.reload();
  await page.goto(`${HOSTED}#/v1/workpaper`);
  await page.getByRole("button", { name: "Changes, first half" }).click();
  await expect(page.locator(".paper-items tbody a")).toHaveCount(3);
  await expect(page.getByText("No bundle is open")).toBeVisible();
  await page.getByRole("button", { name: "Put it away" }).click();
  await page.getByRole("button", { name: /Delete 1 workpaper/ }).click();
  await expect(page.getByText("This browser keeps none.")).toBeVisible();
  await page.reload();
  await expect(page.getByText("This browser keeps none.")).toBeVisible();
});

test("from disk nothing is kept, it is said, and leaving is asked about until the paper is saved", async ({ page }) => {
  await begin(page, DISK);
  await expect(page.getByText("has no place of its own to keep it")).toBeVisible();
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await saved(page);
  await expect(page.getByText("saved as a file", { exact: true })).toBeVisible();
  await page.reload();
  expect(asked).toEqual([]);
  await begin(page, DISK);
  await page.reload();
  expect(asked).toEqual(["beforeunload"]);
});

test("a file that somebody changed says where, and nothing can be added", async ({ page }) => {
  await begin(page, HOSTED);
  await draw(page, 3);
  const file = await saved(page);
  await page.getByRole("button", { name: "Put it away" }).click();
  const forged = join(dirname(file), "forged.lacuna");
  writeFileSync(forged, readFileSync(file, "utf8").replace('"seed": 7', '"seed": 8'));
  await page.getByLabel("Open a .lacuna file…").setInputFiles(forged);
  await expect(page.getByRole("alert").filter({ hasText: "does not hold" })).toContainText("Entry 2");
  expect(spawnSync(LACUNA, ["workpaper", "verify", forged]).status).toBe(1);
  await page.getByLabel("Note").first().fill("one more");
  await page.getByRole("button", { name: "Enter the note" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Not entered: nothing can be added" })).toBeVisible();
});

for (const [scheme, width] of [["light", 1280], ["dark", 320]] as const) {
  test(`the workpaper's screens are accessible at ${width} px, ${scheme}`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await begin(page, HOSTED);
    await check(page, "empty", width);
    await draw(page, 3);
    await check(page, "drawn", width);
    await page.locator(".paper-items tbody a").first().click();
    await expect(page.locator(".paper-steps > li").first()).toBeVisible();
    await testItem(page);
    await check(page, "item", width);
  });
}

async function check(page: Page, screen: string, width: number): Promise<void> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  const told = violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
  expect(told, screen).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `${screen} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
}
