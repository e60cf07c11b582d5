// What the tests of single screens share: the sample, going to a screen, and what every screen must pass.

import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, type Worker } from "@playwright/test";
import { open, WAYS } from "./document";

/** The project. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Opens the sample that the document carries, from disk. */
export async function openSample(page: Page): Promise<void> {
  await open(page, WAYS[1][1]);
  await page.getByRole("button", { name: "Open the sample" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Approved on paper, not substantiated");
}

/** The worker of a name: the engine's is `lacuna-engine`, and `lacuna-reader` reads large files for it. */
export async function workerNamed(page: Page, name: string): Promise<Worker> {
  let found: Worker | undefined;
  // They start while the page is drawn.
  await expect(async () => {
    for (const worker of page.workers()) {
      if ((await worker.evaluate(() => self.name)) === name) found = worker;
    }
    expect(found, `no worker is named ${name}`).toBeDefined();
  }).toPass({ timeout: 10_000 });
  return found!;
}

/** Goes to a screen and waits for its heading. */
export async function goTo(page: Page, screen: string, heading: string | RegExp): Promise<void> {
  await page.evaluate((hash) => (location.hash = hash), `#/v1/${screen}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
}

/** Holds what is shown against WCAG 2.2 AA, and against scrolling sideways, in light and dark, wide and narrow. */
export async function expectAccessible(page: Page): Promise<void> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [1280, 320]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      // From the top: what happens to be scrolled half under the bar is not what is judged.
      await page.evaluate(() => window.scrollTo(0, 0));
      const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
      const told = violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
      expect(told, `${scheme}, ${width} px`).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}
