// The whole sample evaluated in the browser, and the text of a finding revised.

import { execFileSync } from "node:child_process";
import { expect, test, type Page } from "@playwright/test";
import { WAYS } from "./document";
import { begin, draw, LACUNA, saved, testItem, unfold } from "./paper";
import { expectAccessible } from "./screen";

const HOSTED = WAYS[0][1];

const panel = (page: Page, title: string) => page.locator(".panel", { has: page.getByRole("heading", { name: title }) });

test("the whole sample says what it supports, by both bounds, and what is still to test", async ({ page }) => {
  test.setTimeout(180_000);
  await begin(page, HOSTED);
  await draw(page, 3);
  const whole = panel(page, "4. Evaluate the whole sample");
  await expect(whole).toContainText("0 of 3 items tested in every step");
  await expect(whole.locator(".paper-open a")).toHaveCount(3);
  await whole.locator(".paper-open a").first().click();
  await testItem(page);
  await page.getByRole("link", { name: "Workpaper", exact: true }).first().click();
  await expect(whole).toContainText("1 of 3 items tested in every step");
  await expect(whole.locator(".paper-open a")).toHaveCount(2);

  // Both bounds are looked at, and nothing is entered.
  await whole.getByRole("button", { name: "Look at both bounds first" }).click();
  const trial = whole.getByRole("status");
  await expect(trial).toContainText("exact hypergeometric bound over");
  await expect(trial).toContainText("exact binomial bound");
  await expect(page.getByText("3 entries").first()).toBeVisible();

  // The figures are those of the command line.
  await whole.getByLabel("Bound").selectOption({ label: "Binomial" });
  await whole.getByRole("button", { name: "Evaluate", exact: true }).click();
  const said = whole.locator("> .paper-evaluations > li");
  await expect(said).toContainText("does not support reliance at this level");
  await expect(said).toContainText("2 of the items are not tested in every step, and count as deviations");
  await expect(trial).toHaveCount(0);
  const deviations = Number((await said.textContent())?.match(/(\d) of 3 items/)?.[1]);
  const told = JSON.parse(
    execFileSync(LACUNA, ["evaluate", "--size", "3", "--deviations", String(deviations), "--confidence", "0.95", "--tolerable", "0.05", "--format", "json"], { encoding: "utf8" }),
  );
  const bound = Number((Number(told.upperBound) * 100).toFixed(4));
  await expect(said).toContainText(`at most ${bound} % of the changes do`);

  // What is tested later overtakes it; with every item passed, the sample supports what three items can.
  await page.locator(".paper-items tbody a").first().click();
  for (let at = 0; at < 3; at += 1) {
    await passItem(page);
    if (at < 2) await page.getByRole("link", { name: "Next item" }).click();
  }
  await page.getByRole("link", { name: "Workpaper", exact: true }).first().click();
  await expect(whole).toContainText("3 of 3 items tested in every step, 0 with an exception");
  await expect(whole.getByText("Still to test")).toHaveCount(0);
  await expect(said).toContainText("results changed since");
  await whole.getByLabel("Tolerable rate").fill("0.7");
  await whole.getByLabel("Bound").selectOption({ label: "Binomial" });
  await whole.getByRole("button", { name: "Evaluate", exact: true }).click();
  await expect(said).toHaveCount(2);
  await expect(said.first()).toContainText("at most 63.1597 % of the changes do (exact binomial bound). That is within the tolerable 70 %: the sample supports reliance at this level.");
  await expect(said.first()).not.toContainText("results changed since");
  await expect(said.last()).toContainText("results changed since");
  await expectAccessible(page);
});

/** Passes the only step of the item in sight, whatever the tool says, with a reason. */
async function passItem(page: Page): Promise<void> {
  const step = page.locator(".paper-steps > li").first();
  await unfold(page, "Enter a result");
  await step.getByLabel("Your result").selectOption("pass");
  await step.getByLabel("Note").fill("seen by myself");
  await step.getByLabel("Reason").fill("in the minutes");
  await step.getByRole("button", { name: "Enter the result" }).click();
  await expect(step.locator(".paper-results li").first()).toContainText("seen by myself");
}

test("the text of a finding is revised, and what it said before stays in sight", async ({ page }) => {
  await begin(page, HOSTED);
  await draw(page, 3);
  await unfold(page, "Raise a finding that is about no single item");
  const findings = panel(page, "3. Findings");
  await findings.getByLabel("Condition: what was found").fill("Approved without a person");
  await findings.getByLabel("Criterion: what should be").fill("SOC 2 CC1.5");
  await findings.getByLabel("Owner").fill("Bo");
  await findings.getByRole("button", { name: "Raise the finding" }).click();
  const finding = page.locator(".paper-findings > li");
  await expect(finding).toContainText("moderate");

  await unfold(finding, "Revise its text");
  await expect(finding.getByLabel("Condition: what was found")).toHaveValue("Approved without a person");
  await finding.getByRole("button", { name: "Enter the revision" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "nothing of the finding was changed" })).toBeVisible();
  await finding.getByLabel("Grade").selectOption("high");
  await finding.getByLabel("Cause").fill("The rule names no person");
  await finding.getByLabel("Owner").fill("Cy");
  await finding.getByLabel("Due").fill("2026-09-30");
  await finding.getByRole("button", { name: "Enter the revision" }).click();
  await expect(finding).toContainText("high · Cy · due 2026-09-30");
  await unfold(finding, "All of it, and its history");
  const history = finding.locator("ul.plain > li");
  await expect(history).toHaveCount(2);
  await expect(history.nth(1)).toContainText("revised: grade, cause, owner, due");
  await expect(history.nth(1).locator("dl > div")).toHaveText(["Grade wasmoderate", "Cause was(empty)", "Owner wasBo", "Due was(empty)"]);
  await unfold(finding, "Revise its text");
  await expectAccessible(page);

  // Both texts are entries of the file, which holds.
  const file = await saved(page);
  const state = JSON.parse(execFileSync(LACUNA, ["workpaper", "show", file, "--format", "json"], { encoding: "utf8" }));
  expect(state.faults).toEqual([]);
  expect(state.log.filter((row: { kind: string }) => row.kind === "finding")).toHaveLength(2);
  expect(state.findings[0].revised.map((row: { kind: string }) => row.kind)).toEqual(["Grade", "Cause", "Owner", "Due"]);
});
