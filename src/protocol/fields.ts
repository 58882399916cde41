import { z } from "zod";
import { DENIAL_REASONS, type DenialReason } from "../base/denial.ts";
import { type RawIdentity, rawIdentity } from "../base/identity.ts";
import {
  BASE64URL_32,
  type ChainId,
  type ClientKey,
  chainId,
  clientKey,
  HEX_16,
  IDEMPOTENCY_KEY,
  type IdempotencyKey,
  type InstanceId,
  idempotencyKey,
  instanceId,
  type LeaseId,
  leaseId,
  PRODUCT_NAME,
} from "../base/ids.ts";
import { type Millis, millis, type UnixMillis, unixMillis } from "../base/time.ts";
import {
  HASHES_PER_PROOF,
  LABEL_LENGTH,
  LARGE_NOTE_LENGTH,
  LEASES_PER_REQUEST,
  MESSAGE_LENGTH,
  SEATS_PER_REQUEST,
  SHORTEST_BORROW_MS,
  SMALL_NOTE_LENGTH,
  UNITS_PER_RECORD,
} from "./limits.ts";

// The words of the wire, each with its one form. A message is put together from these alone.

/** A message that says all by its name. */
export type Empty = Readonly<Record<string, never>>;

/** 32 bytes as unpadded base64url: a nonce or a public key. */
export type Bytes32Text = string;

const BIG = Number.MAX_SAFE_INTEGER;
/** A license may name any time up to a year; the clock adds nothing to that. */
const LONGEST_SPAN_MS = 366 * 86_400_000;
/** Ten years: a token that shall be good for longer is made without an end. */
const LONGEST_TOKEN_SPAN_MS = 3_660 * 86_400_000;
/** 16 bytes: the last character has two bits to say. 144 bytes come out even. */
const BASE64URL_16 = /^[\w-]{21}[AQgw]$/;
const BASE64URL_144 = /^[\w-]{192}$/;
const PSEUDONYM = /^[uhd]_[\w-]{22}$/;
const HEX_32 = /^[0-9a-f]{64}$/;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$/;
const VENDOR_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,126}[a-z0-9])?$/;
const RULE_ID = /^[\w.:/-]{1,128}$/;
const TOKEN = /^[\w-]{16,128}$/;

export const leaseIdField: z.ZodType<LeaseId, string> = z.string().regex(HEX_16).transform(leaseId);
export const chainIdField: z.ZodType<ChainId, string> = z.string().regex(HEX_16).transform(chainId);
export const instanceIdField: z.ZodType<InstanceId, string> = z
  .string()
  .regex(HEX_16)
  .transform(instanceId);
export const clientKeyField: z.ZodType<ClientKey, string> = z
  .string()
  .regex(BASE64URL_32)
  .transform(clientKey);
export const keyField: z.ZodType<IdempotencyKey, string> = z
  .string()
  .regex(IDEMPOTENCY_KEY)
  .transform(idempotencyKey);
export const bytes32Field: z.ZodType<Bytes32Text, string> = z.string().regex(BASE64URL_32);
/** A pseudonym of a user: the daemon's word for whom it sees. */
export const pseudonymField: z.ZodType<string, string> = z.string().regex(PSEUDONYM);
/** Of a proof: hashes from a leaf upwards. */
export const hashPathField: z.ZodType<readonly Bytes32Text[], readonly string[]> = z
  .array(bytes32Field)
  .max(HASHES_PER_PROOF);
export const blindField: z.ZodType<string, string> = z.string().regex(BASE64URL_16);
export const blockHeaderField: z.ZodType<string, string> = z.string().regex(BASE64URL_144);
export const fingerprintField: z.ZodType<string, string> = z.string().regex(HEX_32);

export const productNameField: z.ZodType<string, string> = z.string().regex(PRODUCT_NAME);
export const vendorNameField: z.ZodType<string, string> = z.string().regex(VENDOR_NAME);
export const versionField: z.ZodType<string, string> = z.string().regex(VERSION);
export const ruleIdField: z.ZodType<string, string> = z.string().regex(RULE_ID);
export const tokenField: z.ZodType<string, string> = z.string().regex(TOKEN);
export const reasonField: z.ZodType<DenialReason, string> = z.enum(DENIAL_REASONS);

/** What names a person or machine leaves this module only under its brand. */
export const labelField: z.ZodType<RawIdentity, string> = z
  .string()
  .min(1)
  .max(LABEL_LENGTH)
  .transform(rawIdentity);

export const smallNoteField: z.ZodType<string, string> = z.string().min(1).max(SMALL_NOTE_LENGTH);
export const largeNoteField: z.ZodType<string, string> = z.string().min(1).max(LARGE_NOTE_LENGTH);
export const messageField: z.ZodType<string, string> = z.string().max(MESSAGE_LENGTH);

export const seatCountField: z.ZodType<number, number> = z.int().min(1).max(SEATS_PER_REQUEST);
export const unitsField: z.ZodType<number, number> = z.int().min(1).max(UNITS_PER_RECORD);
export const countField: z.ZodType<number, number> = z.int().min(0).max(BIG);
export const positionField: z.ZodType<number, number> = z.int().min(1).max(BIG);
export const spanField: z.ZodType<Millis, number> = z
  .int()
  .min(0)
  .max(LONGEST_SPAN_MS)
  .transform(millis);
export const tokenSpanField: z.ZodType<Millis, number> = z
  .int()
  .min(1_000)
  .max(LONGEST_TOKEN_SPAN_MS)
  .transform(millis);
export const borrowSpanField: z.ZodType<Millis, number> = z
  .int()
  .min(SHORTEST_BORROW_MS)
  .max(LONGEST_SPAN_MS)
  .transform(millis);
export const momentField: z.ZodType<UnixMillis, number> = z
  .int()
  .min(0)
  .max(8.64e15)
  .transform(unixMillis);

export const leaseIdsField: z.ZodType<readonly LeaseId[], string[]> = z
  .array(leaseIdField)
  .min(1)
  .max(LEASES_PER_REQUEST);
