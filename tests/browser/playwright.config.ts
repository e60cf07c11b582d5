// The browser tests: they drive dist/lacuna.html, packed and released, never a development build. `make test-browser`.

import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "@playwright/test";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
const port = Number(process.env.LACUNA_TEST_PORT ?? 41731);

const candidates = ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser"];
const chromium = process.env.CHROMIUM ?? candidates.find((path) => existsSync(path));
if (!chromium) throw new Error("no Chromium: run tools/setup.sh, or name one in CHROMIUM");

export default defineConfig({
  testDir: ".",
  // Two cores run everything here, and a busy machine is no failure.
  workers: 1,
  timeout: 60_000,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    browserName: "chromium",
    bypassCSP: false,
    locale: "en-GB",
    timezoneId: "UTC",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  webServer: {
    command: `${JSON.stringify(resolve(target, "release/lacuna-pack"))} serve --out dist --port ${port}`,
    cwd: root,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
  },
});
