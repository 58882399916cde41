/**
 * The schema, one step per release that changed it. A step that has shipped is never edited: what
 * changes comes as another step. The database's `user_version` counts the steps taken.
 *
 * Every row belongs to a vendor, because each vendor has a ledger of its own, but for what is the
 * site's: `meta`, `enrolments` and `trail`. Persons stand in it by pseudonym alone.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- next_event is the id of the vendor's next event. A counter of our own: ids must be contiguous
  -- per vendor, and SQLite would reuse the id of a deleted newest row.
  CREATE TABLE vendors (
    vendor TEXT PRIMARY KEY,
    next_event INTEGER NOT NULL DEFAULT 1,
    last_cut INTEGER,
    usage_keys_forgotten_before INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE leases (
    vendor TEXT NOT NULL,
    lease TEXT NOT NULL,
    client TEXT NOT NULL,
    instance TEXT NOT NULL,
    user TEXT NOT NULL,
    host TEXT NOT NULL,
    feature TEXT NOT NULL,
    version TEXT NOT NULL,
    count INTEGER NOT NULL,
    key TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    lease_time INTEGER NOT NULL,
    overdraft INTEGER NOT NULL,
    PRIMARY KEY (vendor, lease)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE meters (
    vendor TEXT NOT NULL,
    meter TEXT NOT NULL,
    period TEXT NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (vendor, meter, period)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE usage_keys (
    vendor TEXT NOT NULL,
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    wall INTEGER NOT NULL,
    PRIMARY KEY (vendor, client, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX usage_keys_by_age ON usage_keys (vendor, wall);

  -- What happened and is not sealed yet.
  CREATE TABLE events (
    vendor TEXT NOT NULL,
    id INTEGER NOT NULL,
    type TEXT NOT NULL,
    wall INTEGER NOT NULL,
    subject TEXT NOT NULL,
    amount INTEGER,
    user TEXT NOT NULL,
    lease TEXT,
    reason TEXT,
    overdraft INTEGER,
    seat_millis INTEGER,
    used_at INTEGER,
    client TEXT,
    PRIMARY KEY (vendor, id)
  ) STRICT, WITHOUT ROWID;

  -- The newest block of each ledger. It stays until the next one, so that a write that the disk
  -- promised and lost can be repaired.
  CREATE TABLE outbox (
    vendor TEXT NOT NULL,
    block INTEGER NOT NULL,
    file_offset INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    entropy BLOB NOT NULL,
    PRIMARY KEY (vendor, block)
  ) STRICT;

  CREATE TABLE directory (
    vendor TEXT NOT NULL,
    segment INTEGER NOT NULL,
    row BLOB NOT NULL,
    PRIMARY KEY (vendor, segment)
  ) STRICT, WITHOUT ROWID;

  -- Sealed usage in figures per UTC day, for the site's own eyes.
  CREATE TABLE usage_days (
    vendor TEXT NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    measure TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (vendor, day, kind, subject, measure)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE exports (
    vendor TEXT NOT NULL,
    export_no INTEGER NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    exported_at INTEGER NOT NULL,
    PRIMARY KEY (vendor, export_no)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE receipts (
    vendor TEXT NOT NULL,
    receipt_no INTEGER NOT NULL,
    nonce BLOB NOT NULL,
    size INTEGER NOT NULL,
    imported_at INTEGER NOT NULL,
    PRIMARY KEY (vendor, receipt_no)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE leases ADD COLUMN display TEXT;
  -- Names of the site's groups, separated by spaces.
  ALTER TABLE leases ADD COLUMN site_groups TEXT NOT NULL DEFAULT '';
  ALTER TABLE leases ADD COLUMN version_date INTEGER;
  ALTER TABLE leases ADD COLUMN seat_since INTEGER;
  ALTER TABLE leases ADD COLUMN lingers_until INTEGER;
  UPDATE leases SET seat_since = granted_at;

  CREATE TABLE named_users (
    vendor TEXT NOT NULL,
    feature TEXT NOT NULL,
    user TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (vendor, feature, user)
  ) STRICT, WITHOUT ROWID;

  -- How often users were taken off a list, per month of UTC.
  CREATE TABLE naming_counts (
    vendor TEXT NOT NULL,
    feature TEXT NOT NULL,
    month TEXT NOT NULL,
    changes INTEGER NOT NULL,
    PRIMARY KEY (vendor, feature, month)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Set together while a lease is borrowed: since when and until when, and the fingerprint of the
  -- workstation whose ticket says so.
  ALTER TABLE leases ADD COLUMN borrowed_from INTEGER;
  ALTER TABLE leases ADD COLUMN borrowed_until INTEGER;
  ALTER TABLE leases ADD COLUMN borrow_host TEXT;
  ALTER TABLE events ADD COLUMN borrow_until INTEGER;
  `,
  `
  -- Events from this id on are not in the history yet.
  ALTER TABLE vendors ADD COLUMN history_next INTEGER NOT NULL DEFAULT 1;

  -- What each feature saw in each hour of UTC, in totals, for the site's own eyes. hour counts the
  -- hours since 1970.
  CREATE TABLE usage_hours (
    vendor TEXT NOT NULL,
    hour INTEGER NOT NULL,
    feature TEXT NOT NULL,
    peak INTEGER NOT NULL,
    licensed INTEGER NOT NULL,
    overdraft_peak INTEGER NOT NULL,
    queue_peak INTEGER NOT NULL,
    grants INTEGER NOT NULL,
    overdrafts INTEGER NOT NULL,
    seat_millis INTEGER NOT NULL,
    waits INTEGER NOT NULL,
    gave_up INTEGER NOT NULL,
    waited INTEGER NOT NULL,
    longest_wait INTEGER NOT NULL,
    PRIMARY KEY (vendor, hour, feature)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE denial_hours (
    vendor TEXT NOT NULL,
    hour INTEGER NOT NULL,
    feature TEXT NOT NULL,
    reason TEXT NOT NULL,
    denials INTEGER NOT NULL,
    PRIMARY KEY (vendor, hour, feature, reason)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Heads that clients remember and that the ledger does not go on from. sealed: an INCIDENT block tells of it.
  CREATE TABLE contradictions (
    vendor TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    shown TEXT NOT NULL,
    own TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    sealed INTEGER NOT NULL,
    UNIQUE (vendor, size, root)
  ) STRICT;
  `,
  `
  -- Enrolment tokens. Of the token itself there is its SHA-256, whose first half in hex is the id;
  -- user and host are the pseudonyms of the labels that it proves.
  CREATE TABLE enrolments (
    id TEXT PRIMARY KEY,
    token_hash BLOB NOT NULL,
    user TEXT,
    host TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    last_used_on TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The vendor's clock when it gave the receipt; null where the receipt came before this column.
  ALTER TABLE receipts ADD COLUMN vendor_time INTEGER;
  `,
  `
  -- The audit trail: what was done and what happened, one record after the other. hash is over the text
  -- and the hash before.
  CREATE TABLE trail (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  CREATE INDEX trail_by_age ON trail (at);
  -- Against mistakes of our own; who has the file can drop them.
  CREATE TRIGGER trail_is_not_changed BEFORE UPDATE ON trail
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  CREATE TRIGGER trail_goes_from_the_oldest_on BEFORE DELETE ON trail
  WHEN OLD.seq > (SELECT min(seq) FROM trail)
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  `,
  `
  -- That the ledger tells of a lease, for who sees only heads; as long as the lease lasts, and where the license
  -- has each grant sealed before it is answered.
  CREATE TABLE entry_proofs (
    vendor TEXT NOT NULL,
    lease TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    user TEXT NOT NULL,
    wall INTEGER NOT NULL,
    count INTEGER NOT NULL,
    -- Of a grant, or of a borrowing.
    overdraft INTEGER,
    until INTEGER,
    blind BLOB NOT NULL,
    place INTEGER NOT NULL,
    places INTEGER NOT NULL,
    -- Hashes of 32 bytes, one after the other.
    path BLOB NOT NULL,
    header BLOB NOT NULL,
    rest BLOB NOT NULL,
    PRIMARY KEY (vendor, lease)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What the token's owner may ask as an administrator; null for a token that proves a client's labels.
  ALTER TABLE enrolments ADD COLUMN role TEXT;
  `,
];
