/** Bytes of one frame from a client, unless the site's configuration says otherwise. */
export const CLIENT_FRAME_BYTES = 65_536;

/** Bytes of one frame from the daemon: the answer to a hello carries the vendor's licenses. */
export const DAEMON_FRAME_BYTES = 8_388_608;

/** UTF-16 units of a hello note, and of a lease note or head. */
export const SMALL_NOTE_LENGTH = 8_192;

/** UTF-16 units of a license note, and of a challenge or welcome note. */
export const LARGE_NOTE_LENGTH = 262_144;

/** Licenses of one vendor in the answer to a hello. */
export const LICENSES_PER_HELLO = 64;

/** Vendors one daemon names in its challenge. */
export const VENDORS_PER_DAEMON = 64;

/** UTF-16 units of a user, host or display label. */
export const LABEL_LENGTH = 256;

/** Lease ids in one `seat.renew` or `seat.resume`. */
export const LEASES_PER_REQUEST = 256;

/** Sizes of the ledger from which one request wants a proof. */
export const PROOFS_PER_REQUEST = 4;

/** Hashes of one consistency proof: more than any ledger needs. */
export const HASHES_PER_PROOF = 128;

/** The shortest time of one `seat.borrow`. */
export const SHORTEST_BORROW_MS = 60_000;

/** Records in one `usage.record`. */
export const RECORDS_PER_REQUEST = 100;

/** Seats in one `seat.acquire`. */
export const SEATS_PER_REQUEST = 100_000;

/** Units in one usage record. */
export const UNITS_PER_RECORD = 1_000_000_000_000;

/** Holders named in one denial, by pseudonym or group. */
export const HOLDERS_PER_DENIAL = 32;

/** Features in one status. */
export const FEATURES_PER_STATUS = 4_096;

/** Waiting requests of one client in one `status.changed`. */
export const PLACES_PER_STATUS = 256;

/** UTF-16 units of an error message or hint. */
export const MESSAGE_LENGTH = 1_024;
