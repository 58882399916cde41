import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession, type Running } from "../support/terminal.ts";

let vendor: Vendor;
let site: Site;
beforeAll(async () => {
  vendor = Vendor.named();
  site = await Site.serving(vendor);
});

describe("a command that runs under seatkeeper run", () => {
  it("speaks for itself, and its exit code is that of run", async () => {
    await expectSession(
      site,
      `
      $ seatkeeper run --feature cad.pro -- sh -c 'echo drawing; echo a remark >&2; exit 7'
      drawing
      ! a remark
      = 7
      `,
    );
  });

  it("hears its standard input, and knows its lease and its server", async () => {
    const running = site.start(
      "seatkeeper run --feature cad.pro -- sh -c 'read word; echo $word $SEATKEEPER_LEASE $SEATKEEPER_SERVER'",
    );
    running.hears("hello\n");
    const { code, stdout } = await running.ended;
    expect(stdout).toMatch(/^hello [0-9a-f]{32} wss:\/\/127\.0\.0\.1:\d+\/\n$/);
    expect(code).toBe(0);
  });

  it("holds the seat as long as it runs, and no longer", async () => {
    const running = site.start("seatkeeper run --feature sim.solver -- sh -c 'echo ready; read x'");
    await running.says(/ready/);
    expect(await site.admin.seats()).toMatchObject({ seats: [{ feature: "sim.solver" }] });
    running.hears("");
    await running.ended;
    expect(await site.admin.seats()).toEqual({ seats: [] });
  });

  it.each([
    ["SIGKILL", 137],
    ["SIGTERM", 143],
  ])("answers 128 and the signal's number when it dies by %s", async (signal, code) => {
    const line = `seatkeeper run --feature cad.pro -- sh -c 'kill -${signal.slice(3)} $$'`;
    expect(await site.type(line)).toEqual({ code, stdout: "", stderr: "" });
  });

  it.each(["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1"] as const)(
    "is told of %s, and may end as it likes",
    async (signal) => {
      const running = site.start(
        `seatkeeper run --feature cad.pro -- sh -c 'trap "echo told; exit 5" ${signal.slice(3)}; echo ready; while :; do sleep 0.02; done'`,
      );
      await running.says(/ready/);
      expect(await running.kill(signal)).toEqual({ code: 5, stdout: "ready\ntold\n", stderr: "" });
      expect(await site.admin.seats()).toEqual({ seats: [] });
    },
  );

  it("is not begun when there is no such program, and the seat is given back", async () => {
    await expectSession(
      site,
      `
      $ seatkeeper run --feature cad.pro -- no-such-cad
      ! seatkeeper: error: no such command: no-such-cad (COMMAND_NOT_STARTED)
      ! seatkeeper: hint: name a program that is on the PATH, or its path
      = 1

      $ seatkeeper run --feature cad.pro -- ./config.yaml
      ! seatkeeper: error: cannot start ./config.yaml: spawn ./config.yaml EACCES (COMMAND_NOT_STARTED)
      ! seatkeeper: hint: name a program that is on the PATH, or its path
      = 1

      $ seatkeeper seats list
      ! seatkeeper: no seat is held
      = 0
      `,
    );
  });
});

describe("when no seat is free", () => {
  it("is denied with the reason and what to do", async () => {
    const ada = await site.workstation("ada");
    await ada.acquire("sim.solver");
    await expectSession(
      site,
      `
      $ seatkeeper run --feature sim.solver -- echo never
      ! seatkeeper: error: sim.solver denied: NO_SEATS (SEAT_DENIED)
      ! seatkeeper: hint: all seats are taken; wait in the queue or try again later; who waits would be number 1; a seat may come free in about <span>
      = 1

      $ seatkeeper run --feature cad.pro --count 3 -- echo never
      ! seatkeeper: error: cad.pro denied: TOO_MANY (SEAT_DENIED)
      ! seatkeeper: hint: more seats than the license has can never be granted; ask for fewer
      = 1

      $ seatkeeper run --feature cad.lite -- echo never
      ! seatkeeper: error: cad.lite denied: NOT_LICENSED_FEATURE (SEAT_DENIED)
      ! seatkeeper: hint: no installed license names this; check its spelling
      = 1
      `,
    );
  });

  it("waits with --wait, and gets the seat that comes free", async () => {
    const bob = await site.workstation("bob");
    const seat = await bob.acquire("sim.solver");
    const running = site.start("seatkeeper run --feature sim.solver --wait -- echo solved");
    await running.says(/place 1/);
    await seat.release();
    expect(await running.ended).toEqual({
      code: 0,
      stdout: "solved\n",
      stderr: "seatkeeper: waiting for a seat of sim.solver, place 1\n",
    });
  });

  it("gives its place in the queue up on SIGTERM", async () => {
    const eve = await site.workstation("eve");
    await eve.acquire("sim.solver");
    const running = site.start("seatkeeper run --feature sim.solver --wait -- echo never");
    await running.says(/place 1/);
    expect(await running.kill("SIGTERM")).toEqual({
      code: 1,
      stdout: "",
      stderr: [
        "seatkeeper: waiting for a seat of sim.solver, place 1\n",
        "seatkeeper: error: ended by SIGTERM (INTERRUPTED)\n",
      ].join(""),
    });
    expect(await site.admin.status()).toMatchObject({
      vendors: [{ features: [{}, { feature: "sim.solver", queued: 0 }] }],
    });
  });
});

describe("when the seat is lost for good", () => {
  it("ends the command after the grace time, with SEAT_LOST", async () => {
    const running = site.start(
      "seatkeeper run --feature sim.solver --grace 100ms -- sh -c 'echo $SEATKEEPER_LEASE; exec sleep 60'",
    );
    const [lease] = await running.says(/[0-9a-f]{32}/);
    await site.type(`seatkeeper seats revoke ${lease}`);
    const { code, stderr } = await running.ended;
    expect(stderr).toBe(
      [
        "seatkeeper: warning: the seat of sim.solver is lost (LEASE_REVOKED): the license administrator took the seat back; ask before acquiring a new one; ending the command in 100ms\n",
        "seatkeeper: error: the seat of sim.solver was lost: LEASE_REVOKED (SEAT_LOST)\n",
        "seatkeeper: hint: the license administrator took the seat back; ask before acquiring a new one\n",
      ].join(""),
    );
    expect(code).toBe(1);
  });

  it("lets a command that ends within the grace time end as it likes", async () => {
    const running = site.start(
      "seatkeeper run --feature sim.solver --grace 1h -- sh -c 'echo $SEATKEEPER_LEASE; read x; exit 4'",
    );
    const [lease] = await running.says(/[0-9a-f]{32}/);
    await site.type(`seatkeeper seats revoke ${lease}`);
    await running.says(/LEASE_REVOKED/);
    running.hears("");
    expect((await running.ended).code).toBe(4);
  });
});

describe("when the license server is gone for good", () => {
  it("warns, waits out the lease and the grace time, and ends the command", async () => {
    const features = [{ name: "cad.pro", seats: 1, lease_time: "2s" }];
    const own = await Site.initialised(vendor, { site: "Example Studio", features });
    const daemon = await own.serveLicensed();
    const running = own.start(
      "seatkeeper run --feature cad.pro --grace 100ms -- sh -c 'echo ready; exec sleep 60'",
    );
    await running.says(/ready/);
    await daemon.kill("SIGKILL");
    const { code, stderr } = await running.ended;
    expect(stderr).toMatch(
      /^seatkeeper: warning: the license server is out of reach; the seat is safe for \d+m?s\nseatkeeper: warning: the seat of cad\.pro is lost \(LEASE_EXPIRED\): .*; ending the command in 100ms\nseatkeeper: error: the seat of cad\.pro was lost: LEASE_EXPIRED \(SEAT_LOST\)\nseatkeeper: hint: .*\n$/,
    );
    expect(code).toBe(1);
  });

  it("kills a command that does not listen", async () => {
    const running = site.start(
      `seatkeeper run --feature cad.pro --grace 0s -- sh -c 'trap "echo no" TERM; echo $SEATKEEPER_LEASE; while :; do sleep 0.1; done'`,
    );
    const [lease] = await running.says(/[0-9a-f]{32}/);
    await site.type(`seatkeeper seats revoke ${lease}`);
    const { code, stdout } = await running.ended;
    expect(stdout).toBe(`${lease}\nno\n`);
    expect(code).toBe(1);
  });
});

describe("a license server that is away for a while", () => {
  it("does not disturb the command, and the seat is the same afterwards", async () => {
    const own = await Site.initialised(vendor);
    const daemon = await own.serveLicensed();
    const running = own.start(
      "seatkeeper run --feature cad.pro -- sh -c 'echo $SEATKEEPER_LEASE; read x; exit 3'",
    );
    const [lease] = await running.says(/[0-9a-f]{32}/);
    await daemon.kill("SIGKILL");
    own.keepPort();
    await own.serve();
    await expect
      .poll(() => own.admin.seats(), { timeout: 20_000 })
      .toMatchObject({ seats: [{ lease, connected: true }] });
    running.hears("");
    expect(await running.ended).toMatchObject({ code: 3, stderr: "" });
  });
});

describe("a license server that is killed while another one of the list is there", () => {
  const terms = {
    site: "Example Studio",
    features: [{ name: "cad.pro", seats: 1, lease_time: "5s", offline_grace: "2m" }],
  };

  it("is replaced by the other, and is home again when it is back; the command goes on", async () => {
    const [home, away] = [await Site.serving(vendor, terms), await Site.initialised(vendor, terms)];
    home.keepPort();
    await away.serveLicensed();
    const servers = `${home.env["SEATKEEPER_SERVER"]},${away.env["SEATKEEPER_SERVER"]}`;
    const running = home.start(
      `seatkeeper run --feature cad.pro --server ${servers} -- sh -c 'echo $SEATKEEPER_LEASE; read x; exit 3'`,
    );
    await running.says(/[0-9a-f]{32}/);
    await home.killDaemon();
    await expect
      .poll(() => away.admin.seats(), { timeout: 40_000, interval: 200 })
      .toMatchObject({ seats: [{ feature: "cad.pro", connected: true }] });
    await home.serve();
    // It is tried to come home every 15 to 45 seconds.
    await expect
      .poll(() => away.admin.seats(), { timeout: 90_000, interval: 500 })
      .toEqual({ seats: [] });
    expect(await home.admin.seats()).toMatchObject({ seats: [{ connected: true }] });
    running.hears("");
    expect((await running.ended).code).toBe(3);
    expect(await home.admin.seats()).toEqual({ seats: [] });
  }, 180_000);
});

describe("seatkeeper run that is killed and started again", () => {
  it("has the same seat as before", async () => {
    const own = await Site.serving(vendor);
    const first = own.start(hold("sim.solver"));
    const [lease] = await first.says(/[0-9a-f]{32}/);
    await killed(first);
    const second = own.start(hold("sim.solver"));
    expect((await second.says(/[0-9a-f]{32}/))[0]).toBe(lease);
    expect(await own.admin.seats()).toMatchObject({ seats: [{ lease, connected: true }] });
    second.hears("");
    await second.ended;
    expect(await own.admin.seats()).toEqual({ seats: [] });
  });

  it("takes nothing from one that runs beside it", async () => {
    const own = await Site.serving(vendor);
    const [one, other] = [own.start(hold("cad.pro")), own.start(hold("cad.pro"))];
    const leases = [await one.says(/[0-9a-f]{32}/), await other.says(/[0-9a-f]{32}/)];
    expect(new Set(leases.map(([lease]) => lease)).size).toBe(2);
    await killed(one);
    const third = own.start(hold("cad.pro"));
    expect((await third.says(/[0-9a-f]{32}/))[0]).toBe(leases[0]?.[0]);
    expect((await own.admin.seats()).seats).toMatchObject([
      { connected: true },
      { connected: true },
    ]);
  });
});

describe("a command line that cannot work", () => {
  it("is refused with exit code 2 before anything is tried", async () => {
    await expectSession(
      site,
      `
      $ seatkeeper run --feature cad.pro
      ! seatkeeper: error: name a command after --
      ! seatkeeper: hint: see seatkeeper run --help
      = 2

      $ seatkeeper run --feature cad.pro --
      ! seatkeeper: error: name a command after --
      ! seatkeeper: hint: see seatkeeper run --help
      = 2

      $ seatkeeper run -- cad
      ! seatkeeper: error: --feature is missing
      ! seatkeeper: hint: see seatkeeper run --help
      = 2

      $ seatkeeper run --feature cad.pro cad
      ! seatkeeper: error: unknown argument: cad
      ! seatkeeper: hint: see seatkeeper run --help
      = 2

      $ seatkeeper run --feature 'CAD Pro' -- cad
      ! seatkeeper: error: "CAD Pro" is not the name of a feature
      ! seatkeeper: hint: it has lower-case letters, digits, dots, dashes and underscores, such as cad.pro
      = 2

      $ seatkeeper run --feature cad.pro --count 0 -- cad
      ! seatkeeper: error: --count is a whole number from 1 to 100000
      = 2

      $ seatkeeper run --feature cad.pro --count two -- cad
      ! seatkeeper: error: --count needs a number
      = 2

      $ seatkeeper run --feature cad.pro --feature-version '1 beta' -- cad
      ! seatkeeper: error: "1 beta" is not a version
      ! seatkeeper: hint: it has letters, digits, dots, dashes, plus signs and underscores, such as 2026.1
      = 2

      $ seatkeeper run --feature cad.pro --grace soon -- cad
      ! seatkeeper: error: --grace is a duration such as 60s or 5m
      = 2

      $ seatkeeper run --feature cad.pro --server nowhere -- cad
      ! seatkeeper: error: "nowhere" is not a server address (SERVER_ADDRESS)
      ! seatkeeper: hint: write wss://host:7328 or 7328@host, several separated by commas
      = 1

      $ seatkeeper run --feature cad.pro --server ws://licenses.example:7328 -- cad
      ! seatkeeper: error: "ws://licenses.example:7328" would be reached without TLS (SERVER_PLAINTEXT)
      ! seatkeeper: hint: write wss:// instead, or allow plaintext on purpose
      = 1
      `,
    );
  });

  it("names what the workstation lacks", async () => {
    const bare = Site.empty(vendor);
    await expectSession(
      bare,
      `
      $ seatkeeper run --feature cad.pro -- cad
      ! seatkeeper: error: no license server is named (SERVER_NOT_NAMED)
      ! seatkeeper: hint: add --server 7328@host, or set SEATKEEPER_SERVER
      = 1

      $ seatkeeper run --feature cad.pro --vendor-file none.skvendor -- cad
      ! seatkeeper: error: no such vendor file: none.skvendor (FILE_NOT_FOUND)
      ! seatkeeper: hint: check the spelling and the folder
      = 1

      $ seatkeeper run --feature cad.pro --vendor-file config.yaml --server 1@127.0.0.1 -- cad
      ! seatkeeper: error: the note ends before its signature (NOTE_TRUNCATED)
      ! seatkeeper: hint: copy the file again, whole and unchanged
      = 1

      $ seatkeeper run --feature cad.pro --server 1@127.0.0.1 -- cad
      ! seatkeeper: error: wss://127.0.0.1:<port>/ cannot be reached: ECONNREFUSED (SERVER_UNREACHABLE)
      ! seatkeeper: hint: check the address, and whether the server runs
      = 1
      `,
    );
    bare.env["SEATKEEPER_VENDOR_FILE"] = "";
    await expectSession(
      bare,
      `
      $ seatkeeper run --feature cad.pro --server 1@127.0.0.1 -- cad
      ! seatkeeper: error: no vendor file is installed (VENDOR_FILE_MISSING)
      ! seatkeeper: hint: name it with --vendor-file or SEATKEEPER_VENDOR_FILE, or put one into <folder>/home/.config/seatkeeper
      = 1
      `,
    );
  });

  it("uses the only vendor file that is installed", async () => {
    const bare = Site.empty(vendor);
    delete bare.env["SEATKEEPER_VENDOR_FILE"];
    await bare.type("mkdir -p home/.config/seatkeeper");
    await bare.type("cp acme.skvendor home/.config/seatkeeper");
    bare.env["SEATKEEPER_SERVER"] = site.env["SEATKEEPER_SERVER"] ?? "";
    expect(await bare.type("seatkeeper run --feature cad.pro -- echo works")).toEqual({
      code: 0,
      stdout: "works\n",
      stderr: "",
    });
  });
});

const hold = (feature: string): string =>
  `seatkeeper run --feature ${feature} -- sh -c 'echo $SEATKEEPER_LEASE; read x'`;

/** The command lives on; it ends here with its standard input. */
async function killed(run: Running): Promise<void> {
  const ended = run.kill("SIGKILL");
  run.hears("");
  await ended;
}
