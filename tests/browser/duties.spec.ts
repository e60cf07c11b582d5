// Persons and duties: who stands behind each account, joined and split by the reader, and who approves whose changes.

import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { open, WAYS } from "./document";

async function openPersons(page: Page): Promise<void> {
  await open(page, WAYS[0][1]);
  await page.getByRole("button", { name: "Open the sample" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Approved on paper, not substantiated");
  await page.keyboard.press("g");
  await page.keyboard.press("h");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Persons and duties");
  await expect(page.locator(".persons > li").first()).toBeVisible();
}

const person = (page: Page, name: string) => page.locator(".persons > li").filter({ has: page.locator(".name", { hasText: name }) });

test("every link of a person shows its source and strength, and leads to the record", async ({ page }) => {
  await openPersons(page);
  const tobias = person(page, "Tobias Falk");
  await tobias.locator("summary").click();
  await expect(tobias).toContainText("by .mailmap (self-typed)");
  await expect(tobias).toContainText("by people.csv (human-attested)");
  await expect(tobias).toContainText("human: listed in people.csv (human-attested)");
  await tobias.getByRole("link", { name: ".mailmap" }).click();
  await expect(page.locator(".record .raw")).toContainText("tobias@falk.example");
});

test("a cell of the matrix opens as many changes as it counts, by keyboard", async ({ page }) => {
  await openPersons(page);
  const cell = page.locator(".pairs-of td a").first();
  const count = Number(await cell.textContent());
  const stop = page.locator('.pairs-of [tabindex="0"]');
  await stop.focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.locator(".pairs-of [data-cell]:focus")).toHaveCount(1);
  await cell.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/changes\?q=opened-by/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(`Changes: ${count} of`);
});

test("an account that is split off is another person, every change is tested again, and it can be taken back", async ({ page }) => {
  await openPersons(page);
  const jonas = person(page, "Jonas Adeyemi");
  await jonas.locator("summary").click();
  await jonas.getByRole("button", { name: "Split off jonas-at-home" }).click();
  await expect(page.getByText("Assessed under an edited policy")).toBeVisible();
  await expect(page.getByRole("heading", { name: "What contradicts itself" })).toBeVisible();
  await expect(page.getByText("they are two persons")).toBeVisible();
  // The policy that was in force is one click away, on the screen of the policy.
  await page.getByRole("link", { name: "See the policy" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Policy");
});

test("two persons are joined, and count as one", async ({ page }) => {
  await openPersons(page);
  const before = await page.locator(".persons > li").count();
  const priya = person(page, "Priya Raman");
  await priya.locator("summary").click();
  await priya.getByRole("button", { name: "Join Priya Raman with…" }).click();
  const owen = person(page, "Owen Brady");
  await owen.locator("summary").click();
  await owen.getByRole("button", { name: "Priya Raman is Owen Brady" }).click();
  await expect(page.getByText("Assessed under an edited policy")).toBeVisible();
  await expect(page.locator(".persons > li")).toHaveCount(before - 1);
  await expect(person(page, "Owen Brady")).toContainText("5 accounts");
});

test("a change shows who holds each duty", async ({ page }) => {
  await openPersons(page);
  await page.evaluate(() => (location.hash = "#/v1/change?id=acme%2Fledger%2392"));
  const duties = page.locator("section.panel").filter({ has: page.getByRole("heading", { name: "Duties" }) });
  await expect(duties).toContainText("Lucas Meyer as lmeyer (human, system-observed)");
  await expect(duties).toContainText("no record says who opened its ticket");
});

for (const width of [320, 1280]) {
  for (const scheme of ["light", "dark"] as const) {
    test(`persons and duties are accessible at ${width} px, ${scheme}`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await openPersons(page);
      for (const summary of await page.locator(".persons summary").all()) await summary.click();
      const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
      expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`)).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
}
