/**
 * The client of Seatkeeper: seats and metered usage for an application on a workstation.
 *
 * @example
 * const keeper = await connect({
 *   servers: "wss://licenses.example:7328",
 *   vendor: { name: "acme.example", rootKey: ACME_ROOT_KEY },
 * });
 * await using seat = await keeper.acquire("cad.pro", { version: "4.2", wait: true });
 */
export type { DenialReason } from "../base/denial.ts";
export type { CertificateFiles } from "./client-certificate.ts";
export { borrowedHere, type ConnectOptions, connect } from "./connect.ts";
export { CLIENT_CODES, type ClientCode, ClientError, SeatDeniedError } from "./errors.ts";
export type { Borrowed } from "./held-ticket.ts";
export type { Loss, Seat, SeatEvents } from "./seat.ts";
export type { AcquireOptions, BorrowOptions, Seatkeeper, SeatkeeperEvents } from "./seatkeeper.ts";
export { parseServers, type ServerAddress } from "./server-address.ts";
export type { LiveStatus, StatusListener } from "./status-watch.ts";
export type { ReturnOutcome } from "./ticket-requests.ts";
export type { RecordOptions, Usage, UsageOutcome } from "./usage.ts";
export type { Contradiction, Superseded } from "./witness.ts";
