// Puts a page together that runs the app against the mock, to look at it: node page.mjs GLUE_DIR OUT.html
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const [glue, out] = process.argv.slice(2);
const css = ["tokens", "base", "layout", "components", "views", "print"].map((name) => readFileSync(join(root, "style", `${name}.css`), "utf8")).join("\n");
const wasm = readFileSync(join(glue, "lacuna-app_bg.wasm")).toString("base64");
const text = (path) => readFileSync(path, "utf8").replaceAll("</script", "<\\/script");
writeFileSync(out, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Lacuna</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${css}</style></head><body><div id="app"></div>
<script type="text/plain" id="worker">${text(join(here, "worker.js"))}</script>
<script>${text(join(glue, "lacuna-app.js"))}</script>
<script>
globalThis.lacuna = { violations: [], buildHash: "ab".repeat(32), removed: ["RTCPeerConnection", "WebTransport"], hasSample: true,
  newWorker: () => new Worker(URL.createObjectURL(new Blob([document.getElementById("worker").textContent]))),
  sample: () => new Uint8Array([80, 75, 5, 6]) };
wasm_bindgen({ module_or_path: Uint8Array.from(atob("${wasm}"), (c) => c.charCodeAt(0)) });
</script></body></html>`);
