// The worker's script begins with unpack.js; then comes this, and the engine's glue follows. Takes away what the engine has no use for, tells
// the page what the policy refused, and starts the engine with the module that the page sends:
//
//   page → worker   {kind: "wasm", bytes, reader}               LZMA of the module, and the port to the reader; the first of its
//                                                               messages that this script looks at
//   worker → page   {kind: "violation", directive, blocked}     boot.js counts it; the app does not see it
//   worker → page   {kind: "failed", message}                   the engine could not be started
//
// The page starts this script once more, to read large files while engines parse them (src/bin/worker/ahead.rs):
//
//   page → reader     {kind: "reader", port}    a port on which an engine may ask
//   engine → reader   {file, slice, port}       on that port; `slice` is how many bytes come at once, `port` where to
//   reader → engine   {part}                    ArrayBuffer: the next slice, in their order
//   reader → engine   {digest}                  ArrayBuffer: SHA-256 of all slices, the last message
//   reader → engine   {failed}                  in place of what did not come
//   engine → reader   anything                  no more of this file is wanted
//
// Messages that come before the engine listens are kept, and dispatched in their order once it does.

(() => {
  "use strict";

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
        // The policy is what holds.
      }
    }
  };
  for (const name of [
    "RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebTransport", "WebSocketStream", "importScripts",
  ]) remove(self, name);
  remove(self.navigator, "sendBeacon");
  remove(self.navigator, "serviceWorker");

  self.addEventListener("securitypolicyviolation", (event) =>
    self.postMessage({ kind: "violation", directive: event.effectiveDirective, blocked: event.blockedURI }));

  const read = async ({ file, slice, port }) => {
    let isWanted = true;
    port.onmessage = () => (isWanted = false);
    try {
      const whole = new Uint8Array(file.size);
      for (let at = 0; at < whole.length && isWanted; at += slice) {
        const part = await file.slice(at, at + slice).arrayBuffer();
        whole.set(new Uint8Array(part), at);
        port.postMessage({ part }, [part]);
      }
      if (isWanted) port.postMessage({ digest: await crypto.subtle.digest("SHA-256", whole) });
    } catch (error) {
      port.postMessage({ failed: String(error) });
    }
    port.close();
  };

  const waiting = [];
  let asked = false;
  const gate = (event) => {
    event.stopImmediatePropagation();
    if (!asked && event.data?.kind === "reader") {
      event.data.port.onmessage = ({ data }) => read(data);
      return;
    }
    if (asked || event.data?.kind !== "wasm") {
      waiting.push(event);
      return;
    }
    asked = true;
    self.lacunaReader = event.data.reader;
    const start = async () => wasm_bindgen({ module_or_path: unpackModule(event.data.bytes) });
    start().then(
      () => {
        self.removeEventListener("message", gate);
        for (const early of waiting.splice(0)) {
          self.dispatchEvent(new MessageEvent("message", { data: early.data, ports: [...early.ports] }));
        }
      },
      (error) => self.postMessage({ kind: "failed", message: String(error) }),
    );
  };
  self.addEventListener("message", gate);
})();
