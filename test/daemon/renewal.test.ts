import { describe, expect, it, vi } from "vitest";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import { chainOrigin, openHead } from "../../src/note/checkpoint.ts";
import { ingest, receiptFor } from "./at-the-vendor.ts";
import {
  aDaemon,
  aSite,
  type GivenDaemon,
  licenseFor,
  noon,
  started,
  stopTime,
  usualTerms,
  vendor,
} from "./given.ts";
import { leaseOf, type Message, nonce, somebody, Workstation } from "./workstation.ts";

const TURN = noon + 600_000;

/** One seat and ten units until the turn, or from it on. */
const sold = (fields: object, feature: object = {}): object => ({
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 1, lease_time: "20m", ...feature }],
  meters: [{ name: "render.minutes", unit: "minutes", quota: 10 }],
  ...fields,
});

async function install({ admin, site }: GivenDaemon, terms: object): Promise<void> {
  await admin.installLicense(licenseFor(site, terms));
}

const used = (key: string, units: number): object => ({
  records: [{ meter: "render.minutes", units, key, usedAt: Date.now() }],
});

const seatTime = ({ result }: Message): unknown =>
  (result?.["lease"] as { readonly leaseTimeMs?: number } | undefined)?.leaseTimeMs;

describe("a license that renews another", () => {
  it("is installed before it starts, and follows without a gap", async () => {
    stopTime();
    const daemon = await started(await aSite());
    await install(daemon, sold({ not_after: TURN }));
    await install(daemon, sold({ not_before: TURN }));
    const [ada, bob] = [
      await Workstation.greeted(daemon.url, somebody("ada")),
      await Workstation.greeted(daemon.url, somebody("bob")),
    ];
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(599_999);
    expect((await daemon.admin.status()).vendors[0]?.features).toMatchObject([{ seats: 1 }]);
    expect(await bob.acquire("cad.pro")).toMatchObject({ error: { data: { reason: "NO_SEATS" } } });
    expect(await ada.ask("usage.record", used("before", 10))).toMatchObject({
      result: { results: [{}] },
    });
    await vi.advanceTimersByTimeAsync(1);
    expect(Date.now()).toBe(TURN);
    // Neither two seats nor none for a moment, and the meter goes on under the quota of the next.
    expect((await daemon.admin.status()).vendors[0]?.features).toMatchObject([{ seats: 1 }]);
    expect(await ada.ask("seat.renew", { leases: [lease], nonce: nonce() })).toMatchObject({
      result: { lost: [] },
    });
    expect(await bob.acquire("cad.pro")).toMatchObject({ error: { data: { reason: "NO_SEATS" } } });
    expect((await daemon.admin.licenses()).licenses.map(({ state }) => state).toSorted()).toEqual([
      "ended",
      "in-force",
    ]);
    expect(await daemon.admin.status()).toMatchObject({ ready: true });
  });

  it("makes no rules before it starts, and the former none after its end", async () => {
    stopTime();
    const daemon = await started(await aSite());
    await install(daemon, sold({ not_after: TURN }, { lease_time: "3m" }));
    await install(
      daemon,
      sold({ not_before: TURN, detail: "events" }, { lease_time: "5s", seats: 4 }),
    );
    const ada = await Workstation.greeted(daemon.url);
    expect(seatTime(await ada.acquire("cad.pro"))).toBe(180_000);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(seatTime(await ada.acquire("cad.pro", { key: "next" }))).toBe(5_000);
  });

  it("is all that there is: the site waits, and says until when", async () => {
    stopTime();
    const daemon = await started(await aSite());
    await install(daemon, sold({ not_before: TURN }));
    const ada = await Workstation.greeted(daemon.url);
    expect(await ada.acquire("cad.pro")).toMatchObject({
      error: { data: { reason: "NOT_STARTED" } },
    });
    expect(await daemon.admin.status()).toMatchObject({
      ready: false,
      problems: [
        {
          code: "NO_LICENSE",
          message:
            "no license of acme.example is in force; the next starts on 2026-11-22T12:10:00.000Z",
        },
      ],
    });
    expect((await daemon.admin.licenses()).licenses).toMatchObject([{ state: "not-started" }]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await ada.acquire("cad.pro")).toMatchObject({ result: { state: "granted" } });
    expect(await daemon.admin.status()).toMatchObject({ ready: true });
  });
});

describe("a request for the next license", () => {
  it("shows the newest head, the newest receipt, and proofs from what the vendor may have", async () => {
    const daemon = await aDaemon(usualTerms);
    const { admin, site } = daemon;
    const shownNow = async (): Promise<NonNullable<ReturnType<typeof read>["shown"]>> => {
      const { shown } = read((await admin.requestRenewal()).note);
      if (shown === undefined) throw new Error("nothing is shown");
      return shown;
    };
    const { daemonKey, chainId } = site.request;
    const verifier = { name: chainOrigin(vendor, chainId), publicKey: daemonKey };
    expect(await shownNow()).toMatchObject({ receipt: null, proofs: [] });
    const pieces: Uint8Array[] = [];
    const exported = await admin.exportUsage((piece) => void pieces.push(piece.slice()));
    const { report } = ingest(new Uint8Array(Buffer.concat(pieces)), site.request);
    await admin.importReceipt(receiptFor(report, 1, new Uint8Array(32).fill(9)));
    const later = await admin.exportUsage(() => undefined);
    const shown = await shownNow();
    const { size } = (await admin.status()).vendors[0]?.ledger ?? {};
    expect(openHead(shown.head, verifier).size).toBe(size);
    expect(shown.receipt).toEqual({
      receiptNo: 1,
      size: exported.size,
      nonce: new Uint8Array(32).fill(9),
    });
    expect(shown.proofs.map((proof) => proof.size)).toEqual([exported.size, later.size]);
    expect(shown.proofs.map(({ hashes }) => hashes.length > 0)).toEqual([true, false]);
  });

  it("names no more than the newest exports", async () => {
    const { admin } = await aDaemon();
    for (let count = 0; count < 18; count += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one export after the other
      await admin.exportUsage(() => undefined);
    }
    const { shown } = read((await admin.requestRenewal()).note);
    expect(shown?.proofs).toHaveLength(15);
  });
});

const read = (note: string): ReturnType<typeof readActivationRequest> =>
  readActivationRequest(note);
