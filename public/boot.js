// Starts Lacuna. A classic script, packed with the app's glue into the one inline script of lacuna.html; `lacuna-pack`
// puts the other parts beside it as data blocks that the browser does not run:
//
//   <script type="application/octet-stream;base64" id="app-wasm">      LZMA of the app's module, base64
//   <script type="application/octet-stream;base64" id="worker-wasm">   LZMA of the worker's module, base64
//   <script type="text/plain" id="worker-script">                      worker-boot.js and the worker's glue
//   <script type="application/octet-stream;base64" id="sample">        the sample bundle, a zip, base64 (may be absent)
//
// The app finds here:
//
//   lacuna.buildHash          string: SHA-256 of the packed parts, 64 hex digits; "development" where nothing was packed
//   lacuna.newWorker()        Worker: a fresh engine; messages may be posted to it at once. It may answer, besides what
//                             the engine says, `{kind: "failed", message}` when the engine could not be started.
//   lacuna.sample()           Uint8Array, or null where no sample was packed
//   lacuna.papers()           Promise of the workpapers that this browser keeps: array of {id, title, text, head, saved}
//   lacuna.keepPaper(id, title, text, head, before, saved)
//                             Promise of "kept"; of "elsewhere" where the one that is kept is neither `before` nor `head`,
//                             and is left alone; of "local" where the page has no origin and nothing is kept
//   lacuna.dropPapers()       Promise: deletes all that is kept
//   lacuna.violations         array of {where: "page" | "worker" | "navigation", directive, blocked}: what the policy or
//                             this script refused, the first 1000, from page and workers alike; `directive` is one of
//                             the policy's, or "navigation", "link" or "element" where this script refused
//   lacuna.violationCount     number: all of them
//   lacuna.requestCount()     number: resources that this page loaded over a network or from a disk, beside itself
//   lacuna.removed            array of string: the interfaces that were taken away before the app started
//   event "lacuna-violation"  on window, after each new one

(() => {
  "use strict";

  // The theme before anything is painted. The app writes this key; storage may be refused for a local file.
  try {
    const theme = localStorage.getItem("lacuna.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Without storage the theme of the system holds.
  }

  // What the policy does not reach: WebRTC needs no `connect-src`, a window opens anywhere, and the rest are doors that
  // Lacuna has no use for. They go before any module starts.
  const removed = [];
  const remove = (owner, name) => {
    if (!owner || !(name in owner)) return;
    for (let holder = owner; holder && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
      try {
        if (Object.hasOwn(holder, name)) delete holder[name];
      } catch {
        // Not removable: shadowed below.
      }
    }
    if (name in owner) {
      try {
        Object.defineProperty(owner, name, { value: undefined, configurable: false, writable: false });
      } catch {
        return;
      }
    }
    removed.push(name);
  };
  for (const name of [
    "RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "RTCIceTransport", "WebTransport",
    "WebSocketStream", "SharedWorker", "PresentationRequest", "PaymentRequest", "open",
  ]) remove(globalThis, name);
  remove(navigator, "sendBeacon");
  remove(navigator, "serviceWorker");

  // Workpapers stay in this browser's own database. All files on a disk share one origin in some browsers, so a page that
  // was opened from disk keeps nothing there.
  const hasOrigin = /^https?:$/.test(location.protocol) && "indexedDB" in globalThis;
  const ask = (request, give) => (request.onsuccess = () => give(request.result));
  const inPapers = (mode, act) =>
    new Promise((done, failed) => {
      const opening = indexedDB.open("lacuna", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("papers", { keyPath: "id" });
      opening.onerror = () => failed(opening.error);
      opening.onsuccess = () => {
        const database = opening.result;
        const transaction = database.transaction("papers", mode);
        let result;
        transaction.oncomplete = () => done((database.close(), result));
        transaction.onabort = () => failed((database.close(), transaction.error));
        act(transaction.objectStore("papers"), (value) => (result = value));
      };
    });

  const lacuna = {
    buildHash: document.querySelector('meta[name="lacuna-build"]')?.content ?? "development",
    violations: [],
    violationCount: 0,
    removed,
    requestCount: () =>
      performance.getEntriesByType("resource").filter((entry) => !/^(blob|data):/.test(entry.name)).length,
    newWorker,
    sample,
    papers: async () => (hasOrigin ? inPapers("readonly", (papers, give) => ask(papers.getAll(), give)) : []),
    keepPaper: async (id, title, text, head, before, saved) => {
      if (!hasOrigin) return "local";
      return inPapers("readwrite", (papers, give) =>
        ask(papers.get(id), (known) => {
          if (known && known.head !== before && known.head !== head) return give("elsewhere");
          ask(papers.put({ id, title, text, head, saved }), () => give("kept"));
        }),
      );
    },
    dropPapers: async () => hasOrigin && inPapers("readwrite", (papers) => papers.clear()),
  };
  globalThis.lacuna = lacuna;

  const record = (where, directive, blocked) => {
    lacuna.violationCount += 1;
    if (lacuna.violations.length < 1000) lacuna.violations.push({ where, directive, blocked });
    dispatchEvent(new CustomEvent("lacuna-violation"));
  };
  document.addEventListener("securitypolicyviolation", (event) =>
    record("page", event.effectiveDirective, event.blockedURI));

  // A policy in the document cannot forbid leaving it. Where the browser announces navigations, those away from here
  // are refused; going to another part of the page, reloading and saving a file are not.
  globalThis.navigation?.addEventListener("navigate", (event) => {
    const stays = event.hashChange || event.downloadRequest != null || event.navigationType === "reload";
    if (stays || event.destination.sameDocument || !event.cancelable) return;
    event.preventDefault();
    record("navigation", "navigation", event.destination.url.slice(0, 200));
  });

  // A link or form whose target is another window is no navigation of this one. So a link may only lead to a part of this
  // page or save a file that was made here, and a form is for a script to read or for a dialog to close.
  const leaves = (node) => {
    if (!(node instanceof HTMLAnchorElement || node instanceof HTMLAreaElement || node instanceof SVGAElement)) return false;
    const href = node.href.baseVal ?? node.href;
    if (href === "" || (node.hasAttribute("download") && /^(blob|data):/.test(href))) return false;
    return href.replace(/#.*/s, "") !== location.href.replace(/#.*/s, "") && !href.startsWith("#");
  };
  const refuseLink = (event) => {
    if (!event.composedPath().some(leaves)) return;
    event.preventDefault();
    record("navigation", "link", "");
  };
  addEventListener("click", refuseLink, true);
  addEventListener("auxclick", refuseLink, true);
  for (const [holder, name] of [[HTMLElement.prototype, "click"], [EventTarget.prototype, "dispatchEvent"]]) {
    const act = holder[name];
    holder[name] = function (...words) {
      if (!leaves(this)) return act.apply(this, words);
      record("navigation", "link", "");
      return false;
    };
  }
  delete HTMLFormElement.prototype.submit;
  addEventListener("submit", (event) => {
    const method = event.submitter?.getAttribute("formmethod") ?? event.target.getAttribute("method");
    if (method?.toLowerCase() !== "dialog") event.preventDefault();
  }, true);

  // Chromium connects to the host of a frame before the policy refuses it, and a frame without an address brings fresh
  // copies of all that was taken away above; a link may connect ahead of need. The app uses none of them. Those that
  // come as markup are taken out again as soon as the script that wrote them ends.
  const UNUSED = ["iframe", "frame", "fencedframe", "object", "embed", "portal", "link"];
  for (const name of ["createElement", "createElementNS"]) {
    const create = Document.prototype[name];
    Document.prototype[name] = function (...words) {
      const kind = String(words[name === "createElement" ? 0 : 1]).toLowerCase();
      if (!UNUSED.includes(kind.slice(kind.indexOf(":") + 1))) return create.apply(this, words);
      record("page", "element", kind);
      throw new DOMException(`Lacuna makes no <${kind}>`, "NotAllowedError");
    };
  }
  for (const name of ["HTMLIFrameElement", "HTMLFrameElement", "HTMLObjectElement", "HTMLEmbedElement"]) {
    for (const door of ["contentWindow", "contentDocument", "getSVGDocument"]) delete globalThis[name]?.prototype[door];
  }
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE || document.readyState === "loading") continue;
        for (const found of [node, ...node.querySelectorAll(UNUSED.join())]) {
          if (!UNUSED.includes(found.localName)) continue;
          found.remove();
          record("page", "element", found.localName);
        }
      }
    }
  }).observe(document, { childList: true, subtree: true });

  const block = (id) => document.getElementById(id)?.textContent ?? null;

  function fromBase64(text) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const bytes = new Uint8Array(Math.floor((text.length * 3) / 4) - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0));
    const step = 65536; // a multiple of four, so that every piece decodes alone
    for (let from = 0, to = 0; from < text.length; from += step) {
      const piece = atob(text.slice(from, from + step));
      for (let i = 0; i < piece.length; i += 1) bytes[to++] = piece.charCodeAt(i);
    }
    return bytes;
  }

  async function packed(id) {
    const text = block(id);
    if (text === null) throw new Error(`This file is incomplete: it has no part “${id}”.`);
    return fromBase64(text);
  }

  // A blob worker inherits the policy of the page; one that is loaded from an address would not.
  let workerUrl = null;
  let workerWasm = null;
  function startWorker(name) {
    workerUrl ??= URL.createObjectURL(new Blob([block("worker-script")], { type: "text/javascript" }));
    const worker = new Worker(workerUrl, { name });
    worker.addEventListener("message", (event) => {
      if (event.data?.kind !== "violation") return;
      event.stopImmediatePropagation();
      record("worker", event.data.directive, event.data.blocked);
    });
    return worker;
  }
  function newWorker() {
    workerWasm ??= packed("worker-wasm");
    const worker = startWorker("lacuna-engine");
    const reader = newReader();
    workerWasm.then(
      (bytes) => worker.postMessage({ kind: "wasm", bytes, reader }, [reader]),
      (error) => worker.dispatchEvent(new MessageEvent("message", { data: { kind: "failed", message: String(error) } })),
    );
    return worker;
  }

  // One worker reads large files for every engine. The page starts it, since a worker that an engine starts does not run
  // where the page was opened from a disk.
  let readers = null;
  function newReader() {
    readers ??= startWorker("lacuna-reader");
    const { port1, port2 } = new MessageChannel();
    readers.postMessage({ kind: "reader", port: port1 }, [port1]);
    return port2;
  }

  function sample() {
    const text = block("sample");
    return text ? fromBase64(text) : null;
  }

  // Says in the page, in plain words, why Lacuna cannot start.
  function refuse(title, text) {
    const main = document.createElement("main");
    main.className = "refusal";
    const heading = document.createElement("h1");
    heading.textContent = title;
    const words = document.createElement("p");
    words.textContent = text;
    main.append(heading, words);
    (document.getElementById("app") ?? document.body).replaceChildren(main);
  }

  // The smallest module that uses a 128-bit vector.
  const simd = Uint8Array.of(
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
  );
  function missing() {
    if (typeof WebAssembly !== "object") return "WebAssembly";
    if (!WebAssembly.validate(simd)) return "WebAssembly SIMD";
    if (typeof Worker !== "function") return "web workers";
    return null;
  }

  async function start() {
    const lacking = missing();
    if (lacking) {
      refuse(
        "This browser is too old for Lacuna",
        `It lacks ${lacking}. Please open this file in Chrome or Edge 114, Firefox 113, Safari 16.4 or anything newer. Nothing was sent anywhere.`,
      );
      return;
    }
    try {
      await wasm_bindgen({ module_or_path: unpackModule(await packed("app-wasm")) });
    } catch (error) {
      refuse("Lacuna could not start", `${error}. Nothing was sent anywhere.`);
      throw error;
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
  else start();
})();
