// Nothing leaves: the packed document asks for nothing, and page and worker cannot reach a server even if they try.
// The last tests take the policy out of the document and see the server reached, so the others can fail.

import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { expect, test, type Page } from "@playwright/test";
import { Canary, FILE, open, WAYS } from "./document";

type Outcomes = Record<string, string>;
interface WorkerReport {
  outcomes: Outcomes;
  violations: string[];
}
interface Lacuna {
  violationCount: number;
  violations: { where: string; directive: string; blocked: string }[];
  requestCount(): number;
  newWorker(): Worker;
}
declare global {
  var lacuna: Lacuna;
}

// Tries every way out that its context has, and says of each whether it was "reached" or how it was refused. Runs in the
// page and, as text, in a worker; so it uses nothing from outside itself.
async function tryEverything([server, prefix]: [string, string]): Promise<Outcomes> {
  const outcomes: Outcomes = {};
  const http = `http://${server}/${prefix}`;
  const attempt = async (name: string, way: () => Promise<unknown>) => {
    let late: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise((_, no) => (late = setTimeout(() => no(new Error("no answer in 2 s")), 2000)));
    try {
      await Promise.race([way(), patience]);
      outcomes[name] = "reached";
    } catch (error) {
      outcomes[name] = `refused: ${error instanceof Error ? error.message : String(error)}`;
    }
    clearTimeout(late);
  };
  const settled = (target: EventTarget, good: string) =>
    new Promise((yes, no) => {
      target.addEventListener(good, yes);
      target.addEventListener("error", () => no(new Error("error event")));
    });

  await attempt("fetch", () => fetch(`${http}/fetch`, { mode: "no-cors" }));
  await attempt("fetch with keepalive", () => fetch(`${http}/keepalive`, { method: "POST", mode: "no-cors", keepalive: true, body: "x" }));
  await attempt("XMLHttpRequest", () => {
    const request = new XMLHttpRequest();
    request.open("GET", `${http}/xhr`);
    const end = settled(request, "load");
    request.send();
    return end;
  });
  await attempt("WebSocket", () => settled(new WebSocket(`ws://${server}/${prefix}/socket`), "open"));
  await attempt("EventSource", () => {
    const source = new EventSource(`${http}/events`);
    return settled(source, "open").finally(() => source.close());
  });
  await attempt("sendBeacon", async () => {
    if (!(navigator as Navigator).sendBeacon(`${http}/beacon`, "x")) throw new Error("false");
  });
  await attempt("RTCPeerConnection", async () => {
    const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:${server}` }] });
    peer.createDataChannel("x");
    await peer.setLocalDescription(await peer.createOffer());
  });
  await attempt("WebTransport", () => new WebTransport(`https://${server}/${prefix}/transport`).ready);
  await attempt("worker from an address", () => settled(new Worker(`${http}/worker`), "message"));

  if (typeof document === "undefined") {
    await attempt("importScripts", async () => (globalThis as unknown as { importScripts(a: string): void }).importScripts(`${http}/import`));
    return outcomes;
  }
  const element = (name: string, attributes: Record<string, string>) => {
    const made = document.createElement(name);
    const end = settled(made, "load");
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    document.body.append(made);
    return end;
  };
  await attempt("Image", () => element("img", { src: `${http}/image` }));
  await attempt("script", () => element("script", { src: `${http}/script` }));
  await attempt("style sheet", () => element("link", { rel: "stylesheet", href: `${http}/style` }));
  await attempt("prefetch", () => element("link", { rel: "prefetch", href: `${http}/prefetch` }));
  await attempt("preload", () => element("link", { rel: "preload", as: "fetch", href: `${http}/preload` }));
  await attempt("module preload", () => element("link", { rel: "modulepreload", href: `${http}/modulepreload` }));
  await attempt("video", () => element("video", { src: `${http}/video` }));
  await attempt("object", () => element("object", { data: `${http}/object` }));
  await attempt("iframe", () => element("iframe", { src: `${http}/iframe` }));
  await attempt("embed", () => element("embed", { src: `${http}/embed` }));
  await attempt("preconnect", () => element("link", { rel: "preconnect", href: `${http}/preconnect` }));
  // Forms and links into another window: only the server can tell whether they worked.
  const unseen = (way: () => void) => async () => {
    way();
    await new Promise((done) => setTimeout(done, 300));
    throw new Error("no answer to wait for");
  };
  const form = (path: string) => {
    const made = document.createElement("form");
    made.action = `${http}/${path}`;
    made.target = "_blank";
    document.body.append(made);
    return made;
  };
  const link = (path: string) => {
    const made = document.createElement("a");
    made.href = `${http}/${path}`;
    made.target = "_blank";
    return made;
  };
  await attempt("form", unseen(() => form("form").submit()));
  await attempt("form that is asked to submit", unseen(() => form("request-submit").requestSubmit()));
  await attempt("link outside the document", unseen(() => link("link").click()));
  await attempt("link with a made-up event", unseen(() => link("link-event").dispatchEvent(new MouseEvent("click"))));
  await attempt("link in the document", unseen(() => {
    const made = link("link-inside");
    document.body.append(made);
    made.click();
  }));
  // A frame without an address has fresh copies of everything that was taken away.
  const frame = (way: (inside: Window & typeof globalThis) => Promise<unknown>) => async () => {
    const holder = document.createElement("div");
    document.body.append(holder);
    holder.innerHTML = "<iframe></iframe>";
    await new Promise((done) => setTimeout(done, 0));
    const inside = (holder.firstElementChild as HTMLIFrameElement | null)?.contentWindow;
    if (!inside) throw new Error("no frame");
    await way(inside as Window & typeof globalThis);
  };
  await attempt("window.open of a frame", frame(async (inside) => {
    if (!inside.open(`${http}/frame-open`)) throw new Error("null");
  }));
  await attempt("RTCPeerConnection of a frame", frame(async (inside) => new inside.RTCPeerConnection().createOffer()));
  await attempt("window.open", async () => {
    if (!window.open(`${http}/open`)) throw new Error("null");
  });
  return outcomes;
}

// The same in a worker that is made as the app makes its own: a blob that begins with the packed worker script.
async function tryInWorker(page: Page, server: string): Promise<WorkerReport> {
  return page.evaluate(
    ([source, server]) =>
      new Promise<WorkerReport>((done, failed) => {
        const script = document.getElementById("worker-script")!.textContent!;
        const code = `${script}\n;(${source})([${JSON.stringify(server)}, "worker"]).then((outcomes) => postMessage({ outcomes }));`;
        const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
        const violations: string[] = [];
        worker.onmessage = ({ data }) => {
          if (data.kind === "violation") violations.push(data.directive);
          if (data.outcomes) done({ outcomes: data.outcomes, violations });
        };
        worker.onerror = (event) => failed(new Error(event.message));
      }),
    [tryEverything.toString(), server] as const,
  );
}

const reached = (outcomes: Outcomes) => Object.keys(outcomes).filter((name) => outcomes[name] === "reached");

let canary: Canary;
test.beforeEach(async () => {
  canary = await Canary.start();
});
test.afterEach(() => canary.stop());

for (const [way, address] of WAYS) {
  test.describe(way, () => {
    test("asks for nothing but itself", async ({ page, context }) => {
      const asked: string[] = [];
      context.on("request", (request) => asked.push(request.url()));
      await open(page, address);
      await page.evaluate(() => void lacuna.newWorker());
      await page.waitForTimeout(1000);
      const inside = asked.filter((url) => /^(blob|data):/.test(url));
      const outside = asked.filter((url) => !inside.includes(url));
      expect(outside).toEqual([page.url().replace(/#.*/, "")]);
      expect(await page.evaluate(() => lacuna.requestCount())).toBe(0);
      expect(await page.evaluate(() => lacuna.violations)).toEqual([]);
    });

    test("the page cannot reach a server", async ({ page }) => {
      await open(page, address);
      const outcomes = await page.evaluate(tryEverything, [canary.address, "page"] as [string, string]);
      expect(reached(outcomes)).toEqual([]);
      expect(Object.keys(outcomes).length).toBeGreaterThan(25);
      const directives = await page.evaluate(() => lacuna.violations.map((one) => `${one.where} ${one.directive}`));
      expect(directives).toContain("page connect-src");
      expect(directives).toContain("page img-src");
      expect(canary.paths).toEqual([]);
      expect(canary.connections).toBe(0);
    });

    test("a worker cannot reach a server", async ({ page }) => {
      await open(page, address);
      const { outcomes, violations } = await tryInWorker(page, canary.address);
      expect(reached(outcomes)).toEqual([]);
      expect(Object.keys(outcomes).length).toBeGreaterThan(8);
      expect(violations).toContain("connect-src");
      expect(canary.paths).toEqual([]);
      expect(canary.connections).toBe(0);
    });

    test("the page cannot be made to leave", async ({ page }) => {
      await open(page, address);
      const before = page.url();
      await page.evaluate((server) => {
        const link = document.createElement("a");
        link.href = `http://${server}/link`;
        link.textContent = "away";
        document.body.append(link);
        link.click();
        location.href = `http://${server}/location`;
      }, canary.address);
      await page.waitForTimeout(500);
      expect(page.url()).toBe(before);
      expect(canary.connections).toBe(0);
      expect(await page.evaluate(() => lacuna.violations.map((one) => one.where))).toContain("navigation");
    });
  });
}

test("moving in the page and saving a file are not refused", async ({ page }) => {
  await open(page, WAYS[1][1]);
  const saved = page.waitForEvent("download");
  await page.evaluate(() => {
    location.hash = "#/somewhere";
    history.pushState(null, "", "#/elsewhere");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["kept here"]));
    link.download = "notes.txt";
    link.click();
  });
  expect((await saved).suggestedFilename()).toBe("notes.txt");
  expect(page.url()).toMatch(/#\/elsewhere$/);
  expect(await page.evaluate(() => lacuna.violations)).toEqual([]);
});

test.describe("without the policy the same tries get out", () => {
  // The document as packed, but for its first meta element.
  const open_door = readFileSync(FILE, "utf8").replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "");

  test("of a page and a worker that are served over loopback", async ({ page }) => {
    const server = createServer((_, response) => {
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
      response.end(open_door);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      await open(page, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await expectToGetOut(page);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("of a page and a worker that are opened from disk", async ({ page }, info) => {
    const file = info.outputPath("open.html");
    writeFileSync(file, open_door);
    await open(page, pathToFileURL(file).href);
    await expectToGetOut(page);
  });

  async function expectToGetOut(page: Page): Promise<void> {
    const outcomes = await page.evaluate(tryEverything, [canary.address, "page"] as [string, string]);
    expect(reached(outcomes)).toEqual(expect.arrayContaining(["fetch", "XMLHttpRequest", "EventSource", "script"]));
    for (const path of ["fetch", "keepalive", "xhr", "socket", "events", "image", "script", "video"]) {
      expect(canary.paths).toContain(`/page/${path}`);
    }
    const inWorker = await tryInWorker(page, canary.address);
    expect(reached(inWorker.outcomes)).toEqual(expect.arrayContaining(["fetch", "XMLHttpRequest", "EventSource"]));
    for (const path of ["fetch", "keepalive", "xhr", "socket", "events"]) {
      expect(canary.paths).toContain(`/worker/${path}`);
    }
    // What the boot scripts take away stays away even so.
    for (const name of ["sendBeacon", "RTCPeerConnection", "WebTransport", "window.open"]) {
      expect(outcomes[name]).toContain("refused");
    }
    for (const name of ["sendBeacon", "RTCPeerConnection", "WebTransport", "importScripts"]) {
      expect(inWorker.outcomes[name]).toContain("refused");
    }
    expect(canary.connections).toBeGreaterThan(0);
  }
});
