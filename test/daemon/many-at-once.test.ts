import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { later } from "../support/leftovers.ts";
import { Site, Vendor } from "../support/site.ts";

const CLIENTS = 1_500;
const KERNEL_LIMIT = "/proc/sys/net/core/somaxconn";

/** The kernel's bound on connections that wait; Linux has 4,096 since 2020. */
const allowed = existsSync(KERNEL_LIMIT) ? Number(readFileSync(KERNEL_LIMIT, "utf8")) : 0;

describe("a daemon that has no time to accept anybody", () => {
  it.skipIf(allowed < CLIENTS)(
    "keeps 1,500 clients waiting, and drops nobody's packets",
    async () => {
      const site = await Site.initialised(Vendor.named());
      const daemon = await site.serve();
      const { hostname, port } = new URL(site.env["SEATKEEPER_SERVER"] ?? "");
      daemon.signal("SIGSTOP");
      later(() => daemon.signal("SIGCONT"));
      const sockets = Array.from({ length: CLIENTS }, () => opened(hostname, Number(port)));
      // With a shorter line the kernel would drop the rest, and they would never connect.
      const connected = await Promise.all(sockets.map((socket) => once(socket, "connect")));
      expect(connected).toHaveLength(CLIENTS);
    },
  );
});

function opened(host: string, port: number): Socket {
  const socket = connect({ host, port });
  later(() => void socket.destroy());
  return socket;
}
