// The browser's arithmetic is trusted where it says that a signature holds (src/verify/ahead.rs): it must not say so of
// anything that the engine refuses, by the vectors of Project Wycheproof.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "@playwright/test";
import { FILE, open } from "./document";

interface Vector {
  told: string;
  curve: string;
  hash: string;
  point: string;
  data: string;
  signature: string;
  holds: boolean;
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
const vectors = JSON.parse(readFileSync(resolve(target, "signature-vectors.json"), "utf8")) as Vector[];

test("what WebCrypto says holds is what the engine says holds", async ({ page }) => {
  expect(vectors.filter((vector) => vector.holds).length).toBeGreaterThan(300);
  expect(vectors.filter((vector) => !vector.holds).length).toBeGreaterThan(50);
  await open(page, pathToFileURL(FILE).href);
  const answers = await page.evaluate(async (vectors) => {
    const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    const answer = async ({ curve, hash, point, data, signature }: Vector) => {
      try {
        const named = { name: "ECDSA", namedCurve: curve };
        const key = await crypto.subtle.importKey("raw", bytes(point), named, false, ["verify"]);
        return await crypto.subtle.verify({ name: "ECDSA", hash }, key, bytes(signature), bytes(data));
      } catch {
        return false;
      }
    };
    return Promise.all(vectors.map(answer));
  }, vectors);
  const differ = vectors.filter((vector, at) => vector.holds !== answers[at]).map((vector) => vector.told);
  expect(differ).toEqual([]);
});
