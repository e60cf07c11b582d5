// The worker's script begins with unpack.js; then comes this, and the engine's glue follows. Takes away what the engine has no use for, tells
// the page what the policy refused, and starts the engine with the module that the page sends:
//
//   page → worker   {kind: "wasm", bytes}, LZMA                       the first of its messages that this script looks at
//   worker → page   {kind: "violation", directive, blocked}     boot.js counts it; the app does not see it
//   worker → page   {kind: "failed", message}                   the engine could not be started
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

  const waiting = [];
  let asked = false;
  const gate = (event) => {
    event.stopImmediatePropagation();
    if (asked || event.data?.kind !== "wasm") {
      waiting.push(event);
      return;
    }
    asked = true;
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
