import { equalBytes, toHex } from "../base/bytes.ts";
import { CodedError } from "../base/errors.ts";
import type { Moment } from "../base/time.ts";
import { randomHex } from "../crypto/random.ts";
import { decodeBlock } from "../ledger/block.ts";
import { type OpenedGenesis, openGenesis } from "../ledger/genesis.ts";
import type { Predecessor } from "../ledger/payload.ts";
import { decodeSegmentExt } from "../ledger/segment.ts";
import { type ActivationRequest, readActivationRequest } from "../license/activation-request.ts";
import {
  type AcknowledgedTree,
  type License,
  readLicense,
  writeLicense,
} from "../license/license.ts";
import { newestSealingKey } from "../license/sealing-keys.ts";
import type { Supersede } from "../license/supersede.ts";
import type { Terms } from "../license/terms.ts";
import { chainOrigin, openHead } from "../note/checkpoint.ts";
import { acknowledgedLedger } from "./acknowledged.ts";
import { type ActivationRecord, addActivation, addLicense, findActivation } from "./activations.ts";
import { VendorError } from "./errors.ts";
import type { VendorFolder } from "./folder.ts";
import { type EarlierLicenses, earlierLicenses } from "./holdings.ts";
import type { Issuing } from "./keys.ts";
import { judgeRenewal, type Renewal } from "./renewal.ts";
import { recordSuccession, type SucceededLedger } from "./succession.ts";
import { newestSupersede } from "./supersede-rows.ts";
import type { VendorStore } from "./vendor-store.ts";

/** What a request is answered with. */
export interface IssueInput {
  /** The bytes of the activation request. */
  readonly request: Uint8Array;
  readonly terms: Terms;
  readonly now: Moment;
  /** The vendor knows that a request under a new daemon key is by the site of the ledger before. */
  readonly isSameSite?: boolean;
  /** Puts the license where it is wanted; must return only once it is durably there. */
  readonly deliver?: (license: License) => void;
}

/** The vendor's secrets, unlocked for one command. */
export interface VendorKeys {
  readonly issuing: Issuing;
  /** X25519 secrets by key id. */
  readonly sealing: ReadonlyMap<string, Uint8Array>;
}

export interface IssuedLicense {
  readonly license: License;
  /** True when this request activated its ledger: the first license of it. */
  readonly activated: boolean;
  /** What the ledger had before; undefined for its first license. */
  readonly earlier: EarlierLicenses | undefined;
  /** How far the ledger has come; undefined for a request that does not show it. */
  readonly renewal: Renewal | undefined;
  /** The ledger in whose place this one stands; undefined for the first of a site. */
  readonly succeeds: SucceededLedger | undefined;
}

/**
 * Answers an activation request with a license, after opening its genesis block with the vendor's
 * own key. The first license of a ledger puts the genesis block on record: every bundle is later
 * held against it. The books are closed after `deliver`: when that throws, nothing was issued. A
 * crash between the two leaves a license that is not on record, as if it was never asked for.
 * A request that shows the ledger is held against what was acknowledged of it, and is on record whatever
 * comes of it.
 * @throws VendorError `REQUEST_WRONG_VENDOR`, `REQUEST_GENESIS`, `REQUEST_CONFLICT`, and
 * `RENEWAL_BEHIND`, `RENEWAL_FORKED`, `RENEWAL_UNPROVEN`, `RENEWAL_RECEIPT`
 * @throws LicenseError, NoteError for a request that does not hold.
 */
export function issueLicense(
  store: VendorStore,
  folder: VendorFolder,
  keys: VendorKeys,
  input: IssueInput,
): IssuedLicense {
  const request = readActivationRequest(input.request);
  if (request.vendor !== folder.vendor.name) throw otherVendor(request, folder.vendor.name);
  const { record, predecessor } = checkedActivation(request, keys.sealing, input.now);
  const renewal = renewalIn(store, request, record, input.now);
  const known = store.read((database) => ({
    acknowledged: acknowledgedLedger(database, record.chainId)?.state,
    supersede: newestSupersede(database, record, folder.vendor)?.note,
  }));
  const license = sign(record, request, folder, keys, { ...input, ...known });
  return store.write((database) => {
    const activated = findActivation(database, record.chainId);
    if (activated === undefined) addActivation(database, record);
    else refuseConflict(activated, record);
    const { chainId } = record;
    const { vendor } = folder;
    const { wall } = input.now;
    const earlier = earlierLicenses(database, chainId, vendor, wall);
    const vouchers = { certificate: request.keyCertificate, isSameSite: input.isSameSite };
    const succeeds = predecessor
      ? recordSuccession(database, record, predecessor, vendor, wall, vouchers)
      : undefined;
    addLicense(database, license);
    input.deliver?.(license);
    return { license, activated: activated === undefined, earlier, renewal, succeeds };
  });
}

/** What the request shows of a ledger that is on record. */
function renewalIn(
  store: VendorStore,
  request: ActivationRequest,
  record: ActivationRecord,
  { wall }: Moment,
): Renewal | undefined {
  const { shown } = request;
  if (shown === undefined) return undefined;
  const judged = store.write((database) => {
    const known = findActivation(database, record.chainId);
    if (known === undefined) return undefined;
    refuseConflict(known, record);
    return judgeRenewal(database, request, shown, wall);
  });
  if (judged?.kind === "contradicted") throw judged.error;
  return judged?.renewal;
}

/** Everything that a request proves: the genesis block is sealed to us and speaks of the same site. */
function checkedActivation(
  request: ActivationRequest,
  sealing: ReadonlyMap<string, Uint8Array>,
  now: Moment,
): { readonly record: ActivationRecord; readonly predecessor: Predecessor | null } {
  const { genesis, sealingKeyId } = openedGenesis(request, sealing);
  const origin = chainOrigin(request.vendor, request.chainId);
  const head = openHead(request.head, { name: origin, publicKey: request.daemonKey });
  const { payload } = genesis;
  const agreements: readonly (readonly [boolean, string])[] = [
    [genesis.chainId === request.chainId, "chain id"],
    [payload.origin === origin, "origin"],
    [equalBytes(payload.daemonKey, request.daemonKey), "daemon key"],
    [toHex(payload.hostHash) === request.host.hash, "host"],
    // The tree over a single block is its leaf (RFC 6962, 2.1).
    [head.size === 1 && equalBytes(head.root, genesis.leaf), "head"],
  ];
  const broken = agreements.find(([holds]) => !holds);
  if (broken) throw badGenesis(`has another ${broken[1]} than the request`);
  const record = {
    chainId: request.chainId,
    origin,
    daemonKey: request.daemonKey,
    hostHash: request.host.hash,
    hostParts: request.host.parts,
    genesisBlock: request.genesisBlock,
    genesisLeaf: genesis.leaf,
    sealingKeyId,
    product: `${request.product.name} ${request.product.version}`,
    activatedAt: now.wall,
  };
  return { record, predecessor: payload.predecessor };
}

function openedGenesis(
  request: ActivationRequest,
  sealing: ReadonlyMap<string, Uint8Array>,
): { readonly genesis: OpenedGenesis; readonly sealingKeyId: string } {
  try {
    const { vendorKid } = decodeSegmentExt(decodeBlock(request.genesisBlock).ext);
    const sealingKeyId = toHex(vendorKid);
    const secret = sealing.get(sealingKeyId);
    if (secret === undefined) throw badGenesis(`is sealed to the unknown key ${sealingKeyId}`);
    return { genesis: openGenesis(request.genesisBlock, secret), sealingKeyId };
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause instanceof VendorError) throw cause;
    throw badGenesis("cannot be read", cause);
  }
}

function sign(
  record: ActivationRecord,
  request: ActivationRequest,
  folder: VendorFolder,
  { issuing }: VendorKeys,
  {
    terms,
    now,
    acknowledged,
    supersede,
  }: IssueInput & {
    readonly acknowledged: AcknowledgedTree | undefined;
    readonly supersede: Supersede | undefined;
  },
): License {
  const { vendor } = folder;
  const { kid } = newestSealingKey([vendor]);
  const fields = {
    licenseId: randomHex(16),
    vendor: vendor.name,
    issuedAt: now.wall,
    chainId: record.chainId,
    genesisLeaf: record.genesisLeaf,
    daemonKey: record.daemonKey,
    hostFingerprint: request.host,
    sealingKeyId: kid,
    // The site's vendor file may be older than this key.
    ...(kid === record.sealingKeyId ? {} : { vendorFile: vendor }),
    ...(folder.revocations && { revocations: folder.revocations }),
    ...(supersede && { supersede }),
    issuer: issuing.issuer.text,
    terms,
    acknowledged: acknowledged ?? null,
  };
  const text = writeLicense(fields, issuing.signer);
  // Read back as the site will: a license that our own reader refuses never leaves the house.
  return readLicense(text, { vendorName: vendor.name, rootKey: vendor.rootKey });
}

function refuseConflict(known: ActivationRecord, asked: ActivationRecord): void {
  if (equalBytes(known.genesisBlock, asked.genesisBlock)) return;
  throw new VendorError(
    "REQUEST_CONFLICT",
    `ledger ${asked.chainId} was activated with another genesis block`,
    { hint: "keep the request as evidence and talk to the site; no license was issued" },
  );
}

function otherVendor(request: ActivationRequest, name: string): VendorError {
  return new VendorError(
    "REQUEST_WRONG_VENDOR",
    `the request is for ${request.vendor}, not ${name}`,
    {
      hint: "the site should name this vendor's file in seatkeeper init",
    },
  );
}

function badGenesis(what: string, cause?: unknown): VendorError {
  return new VendorError("REQUEST_GENESIS", `the request's genesis block ${what}`, {
    cause,
    hint: "ask the site to begin with your current vendor file and to send its request again",
  });
}
