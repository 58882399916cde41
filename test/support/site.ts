import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../../src/base/bytes.ts";
import { connect, type Seatkeeper } from "../../src/client/index.ts";
import { systemClock } from "../../src/clock/system-clock.ts";
import { type Config, readConfig } from "../../src/config/config.ts";
import { AdminClient } from "../../src/daemon/admin-client.ts";
import { initSite } from "../../src/daemon/init-site.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { type License, writeLicense } from "../../src/license/license.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import { databasePath, type VendorFolder } from "../../src/vendor/folder.ts";
import { issueLicense, type VendorKeys } from "../../src/vendor/issue.ts";
import { initVendor, unlockIssuing, unlockSealing } from "../../src/vendor/keys.ts";
import { VendorStore } from "../../src/vendor/vendor-store.ts";
import { later, temporaryFolder } from "./leftovers.ts";
import { type Running, Terminal } from "./terminal.ts";

/** Two seats of one feature, one of another, and a meter. */
export const usualTerms: object = {
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: 2, lease_time: "30s" },
    { name: "sim.solver", seats: 1, lease_time: "30s" },
  ],
  meters: [{ name: "render.minutes", unit: "minutes", quota: 100, overdraft: "deny" }],
};

/** Everything in the site's own folder, on a free port of this machine. */
const CONFIG = `data_dir: data
socket: admin.sock
listen:
  host: 127.0.0.1
  port: 0
`;

const PASSPHRASE = "correct horse battery staple";

/** A vendor whose keys open quickly, for `seatkeeper-vendor` too. */
export class Vendor {
  readonly folder: VendorFolder;
  readonly #keys: VendorKeys;

  static named(name = "acme.example"): Vendor {
    const now = systemClock().now();
    const path = join(temporaryFolder(), "vendor");
    const cost = { n: 1_024, r: 8, p: 1 };
    return new Vendor(initVendor({ path, name, passphrase: PASSPHRASE, now, cost }));
  }

  private constructor(folder: VendorFolder) {
    this.folder = folder;
    this.#keys = {
      issuing: unlockIssuing(folder, PASSPHRASE, systemClock().now()),
      sealing: unlockSealing(folder, PASSPHRASE),
    };
  }

  get name(): string {
    return this.folder.vendor.name;
  }

  /** The public vendor file. */
  get file(): Uint8Array {
    return readFileSync(this.folder.vendorFilePath);
  }

  /** The license in answer to an activation request. */
  license(request: string, terms: object = usualTerms): string {
    return this.#issued(request, terms).text;
  }

  /** The same, signed for another host. */
  licenseForHost(request: string, hash: string): string {
    const { text: _, ...fields } = this.#issued(request, usualTerms);
    const hostFingerprint = { ...fields.hostFingerprint, hash };
    return writeLicense({ ...fields, hostFingerprint }, this.#keys.issuing.signer);
  }

  #issued(request: string, terms: object): License {
    const store = VendorStore.open(databasePath(this.folder.path));
    try {
      return issueLicense(store, this.folder, this.#keys, {
        request: utf8(request),
        terms: decodeTerms(terms),
        now: systemClock().now(),
      }).license;
    } finally {
      store.close();
    }
  }
}

/**
 * The terminal of an operator: in its folder are `config.yaml`, `acme.skvendor`, and `passphrase`
 * for playing the vendor as well.
 */
export class Site extends Terminal {
  readonly vendor: Vendor;
  #daemon: Running | undefined;

  /** Before `seatkeeper init`. */
  static empty(vendor: Vendor): Site {
    return new Site(vendor);
  }

  /**
   * After `seatkeeper init` and `license request`; what was sold lies in `terms.yaml`, the license
   * in `site.sklic`.
   */
  static async initialised(vendor: Vendor, terms: object = usualTerms): Promise<Site> {
    const site = new Site(vendor);
    await initSite(site.config, vendor.file);
    site.write("terms.yaml", JSON.stringify(terms, null, 2));
    site.write("site.sklic", await site.licenseFor(terms));
    return site;
  }

  /** With its daemon running and the license installed. */
  static async serving(vendor: Vendor, terms: object = usualTerms): Promise<Site> {
    const site = await Site.initialised(vendor, terms);
    await site.serveLicensed();
    return site;
  }

  private constructor(vendor: Vendor) {
    super(temporaryFolder(), {
      SEATKEEPER_CONFIG: "config.yaml",
      SEATKEEPER_VENDOR_DIR: vendor.folder.path,
      SEATKEEPER_VENDOR_FILE: "acme.skvendor",
    });
    this.vendor = vendor;
    this.write("config.yaml", CONFIG);
    this.write("acme.skvendor", vendor.file);
    this.write("passphrase", `${PASSPHRASE}\n`);
  }

  get config(): Config {
    return readConfig(this.read("config.yaml"), this.path("config.yaml"));
  }

  get admin(): AdminClient {
    return new AdminClient(this.config.socket);
  }

  /** Another license for this site. */
  async licenseFor(terms: object): Promise<string> {
    return this.vendor.license(await requestLicense(this.config), terms);
  }

  /** A license for this site's ledger on another machine. */
  async licenseForHost(hash: string): Promise<string> {
    return this.vendor.licenseForHost(await requestLicense(this.config), hash);
  }

  /** Starts the daemon and waits until it serves; from then on `seatkeeper run` finds it. */
  async serve(): Promise<Running> {
    const daemon = this.start("seatkeeper serve");
    const [, url = ""] = await daemon.says(/"url":"([^"]+)".*"event":"daemon.started"/);
    this.env["SEATKEEPER_SERVER"] = url;
    this.#daemon = daemon;
    return daemon;
  }

  /** Drains and stops the daemon. */
  async stopDaemon(): Promise<void> {
    await this.#daemon?.kill("SIGTERM");
  }

  /** Kills the daemon as a power cut would. */
  async killDaemon(): Promise<void> {
    await this.#daemon?.kill("SIGKILL");
  }

  /** The same, and installs the license. */
  async serveLicensed(): Promise<Running> {
    const daemon = await this.serve();
    await this.admin.installLicense(this.bytes("site.sklic"));
    return daemon;
  }

  /** Later daemons listen where the last one did. */
  keepPort(): void {
    const { port } = new URL(this.env["SEATKEEPER_SERVER"] ?? "");
    this.write("config.yaml", CONFIG.replace("port: 0", `port: ${port}`));
  }

  /** Somebody at a workstation, with a client key of their own. */
  async workstation(user: string): Promise<Seatkeeper> {
    const dataDir = this.path(`workstation-${user}`);
    mkdirSync(dataDir);
    const keeper = await connect({
      servers: this.env["SEATKEEPER_SERVER"] ?? "",
      vendor: this.vendor.folder.vendor,
      labels: { user, host: `${user}-pc` },
      dataDir,
    });
    later(() => keeper.close());
    return keeper;
  }
}
