import { describe, expect, it } from "vitest";
import { serviceManager } from "../../src/systemd/service-manager.ts";

const PID = 42;

/** The descriptor of the clients' socket among so many of such names. */
const passed = (count: string, names: string): number | undefined =>
  serviceManager({ LISTEN_PID: "42", LISTEN_FDS: count, LISTEN_FDNAMES: names }, PID).socket;

describe("a daemon that nobody supervises", () => {
  it("has no socket and no watchdog, and may say what it likes", () => {
    const manager = serviceManager({}, PID);
    expect(manager).toMatchObject({ socket: undefined, beat: undefined });
    manager.ready("serving");
  });

  it("does not take what was meant for the process that started it", () => {
    const env = {
      LISTEN_PID: "41",
      LISTEN_FDS: "1",
      WATCHDOG_PID: "41",
      WATCHDOG_USEC: "30000000",
    };
    expect(serviceManager(env, PID)).toMatchObject({ socket: undefined, beat: undefined });
  });
});

describe("the sockets that systemd passes", () => {
  it("begin at descriptor 3, and a single one is for clients whatever its name", () => {
    expect(passed("1", "seatkeeper.socket")).toBe(3);
  });

  it("are told apart by name where there are several", () => {
    expect(passed("3", "metrics:clients:other")).toBe(4);
  });

  it("are refused where none of several is called clients", () => {
    expect(() => passed("2", "one:two")).toThrow(
      expect.objectContaining({ code: "SYSTEMD_SOCKETS" }) as Error,
    );
  });
});

describe("the watchdog", () => {
  it("is fed twice in the time after which it bites", () => {
    expect(serviceManager({ WATCHDOG_USEC: "30000000" }, PID).beat).toBe(15_000);
  });

  it("is no watchdog where its time makes no sense", () => {
    expect(serviceManager({ WATCHDOG_USEC: "soon" }, PID).beat).toBeUndefined();
  });
});

describe("a build without notify.node", () => {
  it("says so at once where systemd waits for word, instead of being killed when it did not hear", () => {
    expect(() => serviceManager({ NOTIFY_SOCKET: "/run/systemd/notify" }, PID)).toThrow(
      expect.objectContaining({ code: "SYSTEMD_NOTIFY" }) as Error,
    );
  });
});
