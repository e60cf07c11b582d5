// What the tests of workpapers share: start one, draw, test an item, save.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";
import { open } from "./document";
import { ROOT } from "./screen";

/** The sample that the document carries, as a file. */
export const SAMPLE = join(ROOT, "public/samples/sample.zip");
/** The command line. */
export const LACUNA = join(resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target"), "release/lacuna");

/** Returns a new folder. */
export function folder(): string {
  return mkdtempSync(join(tmpdir(), "lacuna-"));
}

/** Opens the sample and starts a paper beside it. */
export async function begin(page: Page, address: string): Promise<void> {
  await open(page, address);
  await page.getByRole("button", { name: "Open the sample" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Approved on paper");
  await start(page);
}

/** Starts a paper beside the bundle that is open. */
export async function start(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Workpaper", exact: true }).click();
  await page.getByLabel("What it is about").fill("Changes, first half");
  await page.getByLabel("Your name").fill("Ada Auditor");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Workpaper: Changes, first half");
}

/** Draws items for one control with one step. */
export async function draw(page: Page, size: number): Promise<void> {
  await page.getByLabel("Seed").fill("7");
  await page.getByLabel("Items", { exact: true }).fill(String(size));
  await page.locator("fieldset summary").filter({ hasText: "SOC 2" }).click();
  await page.getByRole("checkbox", { name: /^CC1\.5/ }).check();
  await page.getByRole("button", { name: "Try it first" }).click();
  await expect(page.getByText(`${size} items of`)).toBeVisible();
  await page.getByRole("button", { name: "Draw", exact: true }).click();
  await expect(page.getByRole("heading", { name: "2. Test each item" })).toBeVisible();
}

/** Opens a summary unless it is open. */
export async function unfold(page: Page | Locator, name: string): Promise<void> {
  const summary = page.locator("summary").filter({ hasText: name }).first();
  if (!(await summary.evaluate((node) => (node.parentElement as HTMLDetailsElement).open))) await summary.click();
}

/** Fills in the result of the only step of the item in sight as the tool has it, and sends it. */
export async function sendResult(page: Page, note: string): Promise<void> {
  const step = page.locator(".paper-steps > li").first();
  await unfold(page, "Enter a result");
  const isMet = (await step.locator("dd .chip.met").count()) > 0;
  await step.getByLabel("Your result").selectOption(isMet ? "pass" : "exception");
  await step.getByLabel("Note").fill(note);
  await step.getByRole("button", { name: "Enter the result" }).click();
}

/** Tests the only step of the item in sight as the tool has it. */
export async function testItem(page: Page): Promise<void> {
  await sendResult(page, "opened the record");
  await expect(page.locator(".paper-steps > li").first().locator(".paper-results li").first()).toContainText("opened the record");
}

/** Concludes that the first control was not effective, and signs it and the whole off. */
export async function concludeAndSignOff(page: Page, basis: string): Promise<void> {
  const control = page.locator(".paper-controls > li").first();
  await unfold(control, "Conclude");
  await control.getByLabel("You conclude that the control").selectOption("not-effective");
  await control.getByLabel("What that rests on").fill(basis);
  await control.getByRole("button", { name: "Conclude" }).click();
  await expect(control).toContainText("did not operate effectively");
  await unfold(control, "Sign off");
  await control.getByRole("button", { name: "Sign off" }).click();
  await expect(control.locator(".chip.met").filter({ hasText: "signed off" })).toBeVisible();
  const panel = page.locator(".panel").filter({ hasText: "5. Conclude and sign off" });
  await panel.locator("summary").filter({ hasText: "Sign off" }).last().click();
  await panel.getByRole("button", { name: "Sign off" }).last().click();
  await expect(panel).toContainText("all signed off");
}

/** Enters a note on the whole paper. */
export async function enterNote(page: Page, text: string): Promise<void> {
  const notes = page.locator(".panel", { has: page.getByRole("heading", { name: "Notes", exact: true }) });
  await notes.getByLabel("Note").fill(text);
  await notes.getByRole("button", { name: "Enter the note" }).click();
  await expect(notes.locator("li").filter({ hasText: text })).toBeVisible();
}

/** Saves the paper, and returns where. */
export async function saved(page: Page): Promise<string> {
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as a file" }).click();
  const download = await waiting;
  expect(download.suggestedFilename()).toMatch(/\.lacuna$/);
  const path = join(folder(), "paper.lacuna");
  await download.saveAs(path);
  return path;
}
