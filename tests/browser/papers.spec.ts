// Papers that come with a bundle, that are merged, and that outlive a worker which stops.

import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { open, WAYS } from "./document";
import { begin, draw, enterNote, folder, LACUNA, SAMPLE, saved, sendResult, start, testItem } from "./paper";
import { expectAccessible, goTo, workerNamed } from "./screen";

const [HOSTED, DISK] = [WAYS[0][1], WAYS[1][1]];

/** Returns a folder of evidence. */
function evidence(): string {
  const path = join(folder(), "evidence");
  mkdirSync(path);
  copyFileSync(SAMPLE, join(path, "sample.zip"));
  return path;
}

async function pickFolder(page: Page, path: string): Promise<void> {
  await open(page, DISK);
  await page.getByLabel("Pick a folder…").setInputFiles(path);
}

/** Makes a paper about a folder, and returns its file. */
async function paperOf(page: Page, path: string): Promise<string> {
  await pickFolder(page, path);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Approved on paper");
  await start(page);
  await draw(page, 3);
  return saved(page);
}

test("a paper that lies in an opened folder is opened as the paper, and fits it", async ({ page }) => {
  const path = evidence();
  const file = await paperOf(page, path);
  // The name says nothing: it is known by its content.
  copyFileSync(file, join(path, "notes.json"));
  await page.goto("about:blank");
  await pickFolder(page, path);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Workpaper: Changes, first half");
  await expect(page.getByText("This paper lay in the bundle, as")).toContainText("notes.json");
  await expect(page.locator(".paper-items tbody a")).toHaveCount(3);
  await expect(page.getByText("do not fit")).toHaveCount(0);
  await expectAccessible(page);
  await page.getByLabel("You are").fill("Bo");
  await page.locator(".paper-items tbody a").first().click();
  await testItem(page);
  await goTo(page, "problems", /Problems/);
  await expect(page.locator("main")).not.toContainText("notes.json");
  await goTo(page, "files", /Files/);
  await expect(page.locator("main")).toContainText("Workpaper (.lacuna)");
});

test("of several papers none is opened, they are named, and each is offered", async ({ page }) => {
  const path = evidence();
  const file = await paperOf(page, path);
  copyFileSync(file, join(path, "ada.lacuna"));
  copyFileSync(file, join(path, "bo.lacuna"));
  await page.goto("about:blank");
  await pickFolder(page, path);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Approved on paper");
  await goTo(page, "problems", /Problems/);
  await expect(page.locator("main")).toContainText("2 workpapers: “evidence/ada.lacuna”, “evidence/bo.lacuna”");
  await goTo(page, "workpaper", "Workpaper");
  await expect(page.getByText("This bundle holds several, and none was opened")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "evidence/bo.lacuna" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Workpaper: Changes, first half");
  await expect(page.getByText("This paper lay in the bundle, as")).toContainText("bo.lacuna");
});

test("two states of one paper are merged by a button, and nothing of either is lost", async ({ page }) => {
  await begin(page, DISK);
  await draw(page, 3);
  const common = await saved(page);
  await enterNote(page, "asked the owner");
  const mine = await saved(page);
  await page.getByRole("button", { name: "Put it away" }).click();
  await page.getByLabel("Open a .lacuna file…").setInputFiles(common);
  await page.getByLabel("You are").fill("Bo");
  await enterNote(page, "read the minutes");
  await page.getByLabel("Open a .lacuna file…").setInputFiles(mine);
  const banner = page.getByRole("alert").filter({ hasText: "another state of the paper that is open" });
  await expect(banner).toContainText("1 entry of the open one");
  await banner.getByRole("button", { name: "Merge both" }).click();
  await expect(banner).toHaveCount(0);
  const notes = page.locator(".panel", { has: page.getByRole("heading", { name: "Notes", exact: true }) });
  await expect(notes.locator("li")).toHaveCount(2);
  await expect(notes.locator("li").filter({ hasText: "asked the owner" })).toContainText("Ada Auditor");
  await expect(notes.locator("li").filter({ hasText: "read the minutes" })).toContainText("Bo, ");
  // Two in common, one of each, and the merge.
  await expect(page.getByText("5 entries").first()).toBeVisible();
  const merged = await saved(page);
  expect(spawnSync(LACUNA, ["workpaper", "verify", merged]).status).toBe(0);
  expect(readFileSync(merged, "utf8")).toContain("\"merged\"");
});

/** Stops the worker as a crash does, after so many milliseconds in which it answers nothing. */
async function crash(page: Page, after: number): Promise<void> {
  const worker = await workerNamed(page, "lacuna-engine");
  await worker.evaluate((busy) => {
    setTimeout(() => {
      const end = Date.now() + busy;
      while (Date.now() < end);
      throw new Error("out of memory");
    });
  }, after);
}

for (const [place, address] of [["hosted", HOSTED], ["from disk", DISK]] as const) {
  test(`after the worker crashed the paper is whole, and what was on its way is entered, ${place}`, async ({ page }) => {
    await begin(page, address);
    await draw(page, 3);
    await page.locator(".paper-items tbody a").first().click();
    await testItem(page);
    await page.getByRole("link", { name: "Next item" }).click();
    await expect(page.locator(".paper-steps > li").first()).toBeVisible();
    await crash(page, 1500);
    await sendResult(page, "sent while the engine was stopping");
    await expect(page.getByText("The engine stopped. Nothing was sent anywhere")).toBeVisible();
    await expect(page.getByRole("alert").filter({ hasText: "It is sent again once the bundle is open" })).toBeVisible();
    await page.getByRole("button", { name: "Reload bundle" }).click();
    const first = page.locator(".paper-steps > li").first().locator(".paper-results li").first();
    await expect(first).toContainText("sent while the engine was stopping");
    await page.getByRole("link", { name: "Previous item" }).click();
    await expect(first).toContainText("opened the record");
    await page.getByRole("link", { name: "Workpaper", exact: true }).first().click();
    await expect(page.getByText("4 entries").first()).toBeVisible();
    await expect(page.getByText("Not entered")).toHaveCount(0);
    // It goes on.
    await enterNote(page, "after the crash");
    const file = await saved(page);
    expect(spawnSync(LACUNA, ["workpaper", "verify", file]).status).toBe(0);
  });
}

test("a paper that lies in the bundle is not offered again after a crash, once it has gone on", async ({ page }) => {
  const path = evidence();
  copyFileSync(await paperOf(page, path), join(path, "paper.lacuna"));
  await page.goto("about:blank");
  await pickFolder(page, path);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Workpaper: Changes, first half");
  await page.getByLabel("You are").fill("Bo");
  await enterNote(page, "one more");
  await crash(page, 0);
  await expect(page.getByText("The engine stopped. Nothing was sent anywhere")).toBeVisible();
  await expect(page.getByText("one more").first()).toBeVisible();
  await page.getByRole("button", { name: "Reload bundle" }).click();
  await expect(page.getByText("No bundle is open")).toHaveCount(0);
  await enterNote(page, "and another");
  await expect(page.getByRole("alert").filter({ hasText: "another state" })).toHaveCount(0);
  await expect(page.getByText("4 entries").first()).toBeVisible();
});
