import { homedir } from "node:os";
import { join } from "node:path";
import { toBase64Url, toHex, utf8 } from "../base/bytes.ts";
import { clientKey, instanceId } from "../base/ids.ts";
import { SystemTimers } from "../clock/system-timers.ts";
import { sha256 } from "../crypto/hash.ts";
import { randomHex } from "../crypto/random.ts";
import { demandTexts, labelsOf, vendorOf } from "./checked-identity.ts";
import { type CertificateFiles, ClientCertificate } from "./client-certificate.ts";
import { openClientKey } from "./client-key-file.ts";
import { Enrolment, type EnrolmentOptions } from "./enrolment.ts";
import type { Borrowed } from "./held-ticket.ts";
import { Keeper } from "./keeper.ts";
import { demandOptions } from "./option-error.ts";
import { RevocationMemory } from "./revocation-memory.ts";
import { SeatMemory } from "./seat-memory.ts";
import type { Seatkeeper } from "./seatkeeper.ts";
import { parseServers } from "./server-address.ts";
import { type Identity, Session } from "./session.ts";
import { Spool } from "./spool.ts";
import type { TicketOwner } from "./ticket-proof.ts";
import { TicketShelf } from "./ticket-shelf.ts";
import { TicketStore } from "./ticket-store.ts";
import { workstationId } from "./workstation-id.ts";

export interface ConnectOptions extends EnrolmentOptions {
  /**
   * `wss://host:7328`, `ws://127.0.0.1:7328` or `7328@host`, several as a list or separated by
   * commas, first choice first. Another one serves while the first is away; docs/CLIENT.md says how.
   */
  readonly servers: string | readonly string[];
  /**
   * The vendor of the application. The root key, Ed25519, as 32 bytes or as base64url, is all
   * that the client trusts: compile it in.
   */
  readonly vendor: { readonly name: string; readonly rootKey: Uint8Array | string };
  /**
   * Who sits at the workstation, as the site's reports shall tell them apart: the site keeps
   * pseudonyms of them. Left out: the login and host names of the operating system.
   */
  readonly labels?: { readonly user?: string; readonly host?: string; readonly display?: string };
  /** The folder of the client key, of the names of seats, of what is borrowed, of the heads of ledgers, of what the vendor has revoked, and of usage that no daemon has answered yet: `~/.local/share/seatkeeper` when left out. */
  readonly dataDir?: string;
  /** The client key file: `client.key` in `dataDir` when left out. Made on first use, mode 0600. */
  readonly keyFile?: string;
  /**
   * What names this computer in borrow tickets, where its machine id will not do: another value than
   * at the time of borrowing makes them useless.
   */
  readonly hostId?: string;
  /** For a site that lets only workstations with a certificate of its own in. Over `ws://` nothing is shown. */
  readonly clientCertificate?: CertificateFiles;
  /** Lets `ws://` name another machine: who sits on the wire can take the session over. */
  readonly allowPlaintext?: boolean;
  /** Ends the attempt to connect; afterwards it does nothing. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to the license server of the site, and proves that it is one that the vendor licensed.
 * When no server will do and a seat is borrowed, it goes on without one, and tries again in the background.
 * Each call is an instance of its own: one per process is what most need.
 * @throws ClientError with a code of `CLIENT_CODES` when no server will do, or the key file is
 *   unusable; CLIENT_OPTION for an option that is missing or of the wrong form; the signal's reason.
 */
export async function connect(options: ConnectOptions): Promise<Seatkeeper> {
  demandOptions(options, "{ servers, vendor: { name, rootKey } }");
  const servers = parseServers(options.servers, options.allowPlaintext === true);
  const identity = await identityOf(options);
  await identity.enrolment.check();
  await identity.certificate.read();
  const clock = new SystemTimers();
  const keeper = new Keeper(
    servers,
    (address, listener, signal) => Session.open(address, identity, clock, listener, signal),
    clock,
    {
      spool: new Spool(folderFor("usage", dataDirOf(options), identity)),
      memory: new SeatMemory(folderFor("seats", dataDirOf(options), identity)),
      tickets: new TicketStore(folderFor("borrowed", dataDirOf(options), identity)),
      owner: await ownerOf(options, identity),
    },
  );
  try {
    options.signal?.throwIfAborted();
    await keeper.start(options.signal);
    return keeper;
  } catch (error) {
    await keeper.close();
    options.signal?.throwIfAborted();
    throw error;
  }
}

/**
 * What this computer has borrowed of the vendor and not returned, the soonest end first; what proves
 * nothing here is left out. Needs no server.
 * @throws ClientError CLIENT_OPTION, CLIENT_KEY_FILE.
 */
export async function borrowedHere(
  options: Pick<ConnectOptions, "vendor" | "dataDir" | "keyFile" | "hostId">,
): Promise<readonly Borrowed[]> {
  const identity = await identityOf(options);
  const store = new TicketStore(folderFor("borrowed", dataDirOf(options), identity));
  const shelf = new TicketShelf(store, await ownerOf(options, identity), new SystemTimers());
  await shelf.load();
  return shelf.told;
}

async function identityOf(options: Omit<ConnectOptions, "servers">): Promise<Identity> {
  demandOptions(options, "{ vendor: { name, rootKey } }");
  demandTexts(options);
  const vendor = vendorOf(options.vendor);
  const labels = labelsOf(options.labels);
  const { keyFile = join(dataDirOf(options), "client.key") } = options;
  return {
    headsFolder: join(dataDirOf(options), "heads", fileNameOf(vendor.name)),
    revocations: new RevocationMemory(
      join(dataDirOf(options), "revocations", fileNameOf(vendor.name)),
      vendor,
    ),
    vendor,
    signer: await openClientKey(keyFile),
    instanceId: instanceId(randomHex(16)),
    labels,
    enrolment: new Enrolment(options),
    certificate: new ClientCertificate(options.clientCertificate),
  };
}

async function ownerOf(
  { hostId }: Pick<ConnectOptions, "hostId">,
  { vendor, signer }: Identity,
): Promise<TicketOwner> {
  const { publicKey } = signer;
  const workstation = await workstationId(hostId, publicKey);
  return { vendor, clientKey: clientKey(toBase64Url(publicKey)), workstation };
}

function dataDirOf({ dataDir }: Pick<ConnectOptions, "dataDir">): string {
  return dataDir ?? join(homedir(), ".local", "share", "seatkeeper");
}

/**
 * Only requests and records of one client key can be told apart from repetitions by their own
 * keys, and they go to one vendor's daemons: so each pair has a folder.
 */
function folderFor(kind: string, dataDir: string, { vendor, signer }: Identity): string {
  const pair = toHex(sha256(utf8(vendor.name), signer.publicKey)).slice(0, 16);
  return join(dataDir, kind, `${fileNameOf(vendor.name)}_${pair}`);
}

const fileNameOf = (vendorName: string): string => vendorName.replaceAll(/[^a-z0-9.-]/g, "_");
