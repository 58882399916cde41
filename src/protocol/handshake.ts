import { z } from "zod";
import type { ChainId, ClientKey, InstanceId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import { demand } from "./decode.ts";
import {
  type Bytes32Text,
  bytes32Field,
  chainIdField,
  clientKeyField,
  countField,
  fingerprintField,
  instanceIdField,
  momentField,
  smallNoteField,
  spanField,
  vendorNameField,
} from "./fields.ts";
import { VENDORS_PER_DAEMON } from "./limits.ts";

// The bodies of the three notes of the handshake. Keys are snake_case, as in every signed note;
// additions of later releases go under `ext`, which is not looked at.

/** The key name on a challenge: the daemon is not yet known by any chain. */
export const DAEMON_NOTE_NAME = "seatkeeper/daemon";

/** The key name on a hello. */
export const CLIENT_NOTE_NAME = "seatkeeper/client";

export interface Challenge {
  /** 32 random bytes, new for each connection. */
  readonly nonce: Bytes32Text;
  readonly protocols: readonly string[];
  /** The Ed25519 public key that signed this note. */
  readonly daemonKey: Bytes32Text;
  /** Lower-case hex SHA-256 of the TLS certificate in DER; `null` over plaintext. */
  readonly certificateFingerprint: string | null;
  readonly vendors: readonly { readonly name: string; readonly chainId: ChainId }[];
}

export interface Hello {
  /** The nonce of the challenge that this answers. */
  readonly challenge: Bytes32Text;
  readonly daemonKey: Bytes32Text;
  readonly chainId: ChainId;
  /** Of the certificate the client really saw; `null` over plaintext. */
  readonly certificateFingerprint: string | null;
  /** The Ed25519 public key that signed this note. */
  readonly clientKey: ClientKey;
  readonly instanceId: InstanceId;
  /** 32 random bytes of the client, which the welcome repeats. */
  readonly nonce: Bytes32Text;
}

export interface Welcome {
  readonly nonce: Bytes32Text;
  /** The newest signed head of the ledger, as checkpoint text. */
  readonly head: string;
  /** The daemon pings this often: a client that hears nothing for three times as long is cut off. */
  readonly heartbeatMs: Millis;
  readonly limits: {
    readonly frameBytes: number;
    readonly leasesPerClient: number;
    readonly requestsPerSecond: number;
  };
  readonly serverVersion: string;
  /** The vendor's newest list of revocations that the daemon knows: a note. */
  readonly revocations?: string;
  /** Which branch of the ledger is the ledger, where the vendor had to say so: a note. */
  readonly supersede?: string;
  /** Where the licenses name another ledger, for which this one stands in. */
  readonly standIn?: WelcomedStandIn;
}

/** What a daemon says of a ledger that it began in the place of a lost one. */
export interface WelcomedStandIn {
  /** The ledger that the licenses name. */
  readonly licensed: ChainId;
  /** The daemon's machine, as licenses name hosts. */
  readonly hostHash: string;
  /** When the emergency ends; null on a standby host. */
  readonly endsAt: UnixMillis | null;
}

const ext = z.record(z.string(), z.unknown()).exactOptional();

export const challengeSchema: z.ZodType<Challenge> = z
  .strictObject({
    nonce: bytes32Field,
    protocols: z.array(z.string().min(1).max(64)).min(1).max(16),
    daemon_key: bytes32Field,
    certificate_fingerprint: fingerprintField.nullable(),
    vendors: z
      .array(z.strictObject({ name: vendorNameField, chain_id: chainIdField }))
      .max(VENDORS_PER_DAEMON),
    ext,
  })
  .transform((body) => ({
    nonce: body.nonce,
    protocols: body.protocols,
    daemonKey: body.daemon_key,
    certificateFingerprint: body.certificate_fingerprint,
    vendors: body.vendors.map(({ name, chain_id }) => ({ name, chainId: chain_id })),
  }));

export const helloSchema: z.ZodType<Hello> = z
  .strictObject({
    challenge: bytes32Field,
    daemon_key: bytes32Field,
    chain_id: chainIdField,
    certificate_fingerprint: fingerprintField.nullable(),
    client_key: clientKeyField,
    instance_id: instanceIdField,
    nonce: bytes32Field,
    ext,
  })
  .transform((body) => ({
    challenge: body.challenge,
    daemonKey: body.daemon_key,
    chainId: body.chain_id,
    certificateFingerprint: body.certificate_fingerprint,
    clientKey: body.client_key,
    instanceId: body.instance_id,
    nonce: body.nonce,
  }));

export const welcomeSchema: z.ZodType<Welcome> = z
  .strictObject({
    nonce: bytes32Field,
    head: smallNoteField,
    heartbeat_ms: spanField,
    limits: z.strictObject({
      frame_bytes: countField,
      leases_per_client: countField,
      requests_per_second: countField,
    }),
    server_version: z.string().min(1).max(64),
    ext,
  })
  .transform((body) => ({
    nonce: body.nonce,
    head: body.head,
    heartbeatMs: body.heartbeat_ms,
    limits: {
      frameBytes: body.limits.frame_bytes,
      leasesPerClient: body.limits.leases_per_client,
      requestsPerSecond: body.limits.requests_per_second,
    },
    serverVersion: body.server_version,
    ...vendorsNotesIn(body.ext),
    ...standInIn(body.ext),
  }));

/** Anything but text there is from somebody else, and passed over like the rest. */
function vendorsNotesIn(
  carried: Readonly<Record<string, unknown>> | undefined,
): Pick<Welcome, "revocations" | "supersede"> {
  const { revocations, supersede } = carried ?? {};
  return {
    ...(typeof revocations === "string" ? { revocations } : {}),
    ...(typeof supersede === "string" ? { supersede } : {}),
  };
}

const standInSchema = z
  .object({ licensed: chainIdField, host: fingerprintField, ends_at: momentField.nullable() })
  .transform(({ licensed, host, ends_at }) => ({ licensed, hostHash: host, endsAt: ends_at }));

/** Passed over where it is not as it should be: no license vouches for the daemon then. */
function standInIn(
  carried: Readonly<Record<string, unknown>> | undefined,
): Pick<Welcome, "standIn"> {
  const { success, data } = standInSchema.safeParse(carried?.["stand_in"]);
  return success ? { standIn: data } : {};
}

/** The body of a note of kind `challenge`. @throws ProtocolError WIRE_FIELD. */
export const decodeChallenge = (body: unknown): Challenge =>
  demand(challengeSchema, body, "challenge");

/** The body of a note of kind `hello`. @throws ProtocolError WIRE_FIELD. */
export const decodeHello = (body: unknown): Hello => demand(helloSchema, body, "hello");

/** The body of a note of kind `welcome`. @throws ProtocolError WIRE_FIELD. */
export const decodeWelcome = (body: unknown): Welcome => demand(welcomeSchema, body, "welcome");

export function challengeBody(challenge: Challenge): object {
  return {
    nonce: challenge.nonce,
    protocols: challenge.protocols,
    daemon_key: challenge.daemonKey,
    certificate_fingerprint: challenge.certificateFingerprint,
    vendors: challenge.vendors.map(({ name, chainId }) => ({ name, chain_id: chainId })),
  };
}

export function helloBody(hello: Hello): object {
  return {
    challenge: hello.challenge,
    daemon_key: hello.daemonKey,
    chain_id: hello.chainId,
    certificate_fingerprint: hello.certificateFingerprint,
    client_key: hello.clientKey,
    instance_id: hello.instanceId,
    nonce: hello.nonce,
  };
}

export function welcomeBody(welcome: Welcome): object {
  return {
    nonce: welcome.nonce,
    head: welcome.head,
    heartbeat_ms: welcome.heartbeatMs,
    limits: {
      frame_bytes: welcome.limits.frameBytes,
      leases_per_client: welcome.limits.leasesPerClient,
      requests_per_second: welcome.limits.requestsPerSecond,
    },
    server_version: welcome.serverVersion,
    ...extOf(welcome),
  };
}

/** Below `ext`, so that clients which do not look for them can read the welcome too. */
function extOf({ revocations, supersede, standIn }: Welcome): { readonly ext?: object } {
  if (revocations === undefined && supersede === undefined && standIn === undefined) return {};
  const stand_in = standIn && {
    licensed: standIn.licensed,
    host: standIn.hostHash,
    ends_at: standIn.endsAt,
  };
  return { ext: { revocations, supersede, stand_in } };
}
