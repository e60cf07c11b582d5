// The packed document, and a server that it must never reach.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Page } from "@playwright/test";

/** dist/lacuna.html on disk. */
export const FILE = resolve(dirname(fileURLToPath(import.meta.url)), "../../dist/lacuna.html");

/** The two ways in which people open it: from a host ("/" of the test server) and from disk. */
export const WAYS: [string, string][] = [
  ["served over loopback", "/"],
  ["opened from disk", pathToFileURL(FILE).href],
];

/** Opens the document and waits until the app shows something. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.waitForFunction(() => (document.getElementById("app")?.childElementCount ?? 0) > 0);
}

/** A server on this machine that counts whoever connects, and answers everything. */
export class Canary {
  /** Connections that were made, be they followed by a request or not. */
  connections = 0;
  /** Paths that were asked for. */
  paths: string[] = [];
  private server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      this.paths.push(request.url ?? "");
      const kind = request.url?.endsWith("/events") ? "text/event-stream" : "text/javascript";
      response.writeHead(200, { "Access-Control-Allow-Origin": "*", "Content-Type": kind, Connection: "close" });
      response.end("/* reached */\n\n");
    });
    this.server.on("connection", () => (this.connections += 1));
    this.server.on("upgrade", (request, socket) => {
      this.paths.push(request.url ?? "");
      socket.destroy();
    });
  }

  static async start(): Promise<Canary> {
    const canary = new Canary();
    await new Promise<void>((done) => canary.server.listen(0, "127.0.0.1", done));
    return canary;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
