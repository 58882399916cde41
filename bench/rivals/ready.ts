import type { Server } from "node:net";

/** Tells the parent where a rival listens. */
export function ready(address: ReturnType<Server["address"]>): void {
  if (address === null || typeof address === "string") throw new TypeError("not listening on TCP");
  process.send?.({ url: `ws://127.0.0.1:${address.port}` });
  process.on("disconnect", () => process.exit(0));
}
