/**
 * What brings a store from each version to the next; `user_version` counts those done. A statement
 * that was released is never changed.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- One ledger whose activation request this vendor answered. Never deleted, never changed.
  CREATE TABLE activations (
    chain_id TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
    daemon_key BLOB NOT NULL,
    host_hash TEXT NOT NULL,
    host_parts TEXT NOT NULL,
    genesis_block BLOB NOT NULL,
    genesis_leaf BLOB NOT NULL,
    sealing_kid TEXT NOT NULL,
    product TEXT NOT NULL,
    activated_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE licenses (
    license_id TEXT PRIMARY KEY,
    chain_id TEXT NOT NULL REFERENCES activations,
    site TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    -- How often the site has promised to report; null without such a term.
    report_days INTEGER,
    report_grace_days INTEGER,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX licenses_of_ledger ON licenses (chain_id, issued_at);

  -- What the licenses of a ledger name as a feature or as a meter: sealed denials say the name alone.
  CREATE TABLE licensed_names (
    chain_id TEXT NOT NULL REFERENCES activations,
    kind TEXT NOT NULL CHECK (kind IN ('feature', 'meter')),
    name TEXT NOT NULL,
    PRIMARY KEY (chain_id, kind, name)
  ) STRICT, WITHOUT ROWID;

  -- Where each ledger stands after its last accepted bundle.
  CREATE TABLE acknowledged (
    chain_id TEXT PRIMARY KEY REFERENCES activations,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    last_event_id INTEGER NOT NULL,
    export_no INTEGER NOT NULL,
    receipt_no INTEGER NOT NULL,
    host_hash BLOB,
    clock_wall INTEGER,
    clock_mono INTEGER,
    clock_boot_id TEXT,
    clock_high_water INTEGER,
    clock_boottime INTEGER,
    clock_skew INTEGER
  ) STRICT;

  CREATE TABLE segments (
    chain_id TEXT NOT NULL REFERENCES activations,
    segment INTEGER NOT NULL,
    first_index INTEGER NOT NULL,
    directory_row BLOB NOT NULL,
    frontier BLOB,
    last_event_id INTEGER,
    leaves BLOB NOT NULL,
    -- Places in the segment whose blocks never arrived, separated by blanks.
    lost TEXT NOT NULL,
    PRIMARY KEY (chain_id, segment)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX segments_by_index ON segments (chain_id, first_index);

  CREATE TABLE receipts (
    chain_id TEXT NOT NULL REFERENCES activations,
    receipt_no INTEGER NOT NULL,
    size INTEGER NOT NULL,
    nonce BLOB NOT NULL,
    vendor_time INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (chain_id, receipt_no)
  ) STRICT;

  -- Every bundle that was looked at, also the refused ones: the history of a dispute.
  CREATE TABLE bundles (
    bundle INTEGER PRIMARY KEY,
    chain_id TEXT,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    accepted INTEGER NOT NULL,
    -- The head it claims, where that much could be read and believed.
    size INTEGER,
    root BLOB
  ) STRICT;
  CREATE INDEX bundles_of_ledger ON bundles (chain_id, seen_at);

  -- Usage, one row for each checkpoint and name. A checkpoint belongs to the moment its interval ends.
  CREATE TABLE feature_usage (
    chain_id TEXT NOT NULL REFERENCES activations,
    block INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    feature TEXT NOT NULL,
    grants INTEGER NOT NULL,
    overdraft_grants INTEGER NOT NULL,
    released INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    seat_millis INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    in_use INTEGER NOT NULL,
    PRIMARY KEY (chain_id, block, feature)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE denial_usage (
    chain_id TEXT NOT NULL REFERENCES activations,
    block INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    feature TEXT NOT NULL,
    reason TEXT NOT NULL,
    denials INTEGER NOT NULL,
    PRIMARY KEY (chain_id, block, feature, reason)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE meter_usage (
    chain_id TEXT NOT NULL REFERENCES activations,
    block INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    meter TEXT NOT NULL,
    records INTEGER NOT NULL,
    units INTEGER NOT NULL,
    late INTEGER NOT NULL,
    PRIMARY KEY (chain_id, block, meter)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE borrow_usage (
    chain_id TEXT NOT NULL REFERENCES activations,
    block INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    feature TEXT NOT NULL,
    borrows INTEGER NOT NULL,
    -- The latest end of a seat borrowed in the interval.
    borrowed_until INTEGER,
    returned INTEGER NOT NULL,
    vendor_released INTEGER NOT NULL,
    PRIMARY KEY (chain_id, block, feature)
  ) STRICT, WITHOUT ROWID;

  -- Borrowed seats that were given up for the site, as signed.
  CREATE TABLE borrow_releases (
    chain_id TEXT NOT NULL REFERENCES activations,
    lease TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX borrow_releases_of_ledger ON borrow_releases (chain_id, lease);
  `,
  `
  -- Units given back, beside those used: neither is ever taken out of the other.
  CREATE TABLE refund_usage (
    chain_id TEXT NOT NULL REFERENCES activations,
    block INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    meter TEXT NOT NULL,
    records INTEGER NOT NULL,
    units INTEGER NOT NULL,
    late INTEGER NOT NULL,
    PRIMARY KEY (chain_id, block, meter)
  ) STRICT, WITHOUT ROWID;

  -- Changes to the list of a feature's named users.
  CREATE TABLE naming_usage (
    chain_id TEXT NOT NULL REFERENCES activations,
    block INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    feature TEXT NOT NULL,
    named INTEGER NOT NULL,
    unnamed INTEGER NOT NULL,
    PRIMARY KEY (chain_id, block, feature)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Key ids of the auditors of the newest acknowledged segment, separated by blanks.
  ALTER TABLE acknowledged ADD COLUMN auditors TEXT NOT NULL DEFAULT '';
  `,
  `
  -- Ledgers that stand in the place of another one of the same site, which has ended.
  CREATE TABLE successions (
    chain_id TEXT PRIMARY KEY REFERENCES activations,
    predecessor TEXT NOT NULL REFERENCES activations
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX successions_by_predecessor ON successions (predecessor);
  `,
  `
  -- Requests that showed a ledger as it was, also those that were refused: the history of a dispute.
  CREATE TABLE renewals (
    renewal INTEGER PRIMARY KEY,
    chain_id TEXT NOT NULL REFERENCES activations,
    seen_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    -- The newest receipt that the site had; null before its first.
    receipt_no INTEGER,
    -- Empty, or why no license was issued.
    verdict TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX renewals_of_ledger ON renewals (chain_id, size);
  `,
  `
  -- Heads in evidence of clients, signed by the daemon, that bundles of the ledger are held to.
  CREATE TABLE evidence_heads (
    chain_id TEXT NOT NULL REFERENCES activations,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    put_at INTEGER NOT NULL,
    PRIMARY KEY (chain_id, size, root)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Days of emergencies by the word of the ledgers that stood in; the hash is that of the license note.
  CREATE TABLE emergency_days (
    chain_id TEXT NOT NULL REFERENCES activations,
    day INTEGER NOT NULL,
    since INTEGER NOT NULL,
    license_hash BLOB NOT NULL,
    PRIMARY KEY (chain_id, day)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Where each ledger stood after each accepted bundle: the branches of a ledger that was put back begin
  -- behind one of these. What was acknowledged before this table is there once, as it stood then.
  CREATE TABLE acknowledged_before (
    chain_id TEXT NOT NULL REFERENCES activations,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    last_event_id INTEGER NOT NULL,
    export_no INTEGER NOT NULL,
    receipt_no INTEGER NOT NULL,
    host_hash BLOB,
    clock_wall INTEGER,
    clock_mono INTEGER,
    clock_boot_id TEXT,
    clock_high_water INTEGER,
    clock_boottime INTEGER,
    clock_skew INTEGER,
    auditors TEXT NOT NULL,
    PRIMARY KEY (chain_id, size)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO acknowledged_before SELECT * FROM acknowledged;

  -- Which branch of a ledger is the ledger, as it was signed. The usage of acknowledged blocks that the nth
  -- note of a ledger gives up stays counted: its rows have block numbers n times 2^48 below their own, so
  -- that they never meet those of the branch that goes on.
  CREATE TABLE supersedes (
    chain_id TEXT NOT NULL REFERENCES activations,
    number INTEGER NOT NULL,
    -- The receipt for the accepted head. Earlier ones may acknowledge what was given up.
    receipt_no INTEGER NOT NULL,
    -- The newest bundle at that time: heads seen up to it are settled.
    bundle INTEGER NOT NULL,
    -- The same for requests that showed a ledger.
    renewal INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (chain_id, number)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Ledgers whose keys were lost, and that ended where the site says: a person has agreed with it on that.
  CREATE TABLE unproven_ends (
    chain_id TEXT PRIMARY KEY REFERENCES activations,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    -- Blocks that were acknowledged before.
    from_size INTEGER NOT NULL,
    agreed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
