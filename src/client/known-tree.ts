/** What this computer knows of a ledger: how it began, up to a size. */
export interface KnownTree {
  /** Blocks. */
  readonly size: number;
  /** RFC 6962 root over them: 32 bytes. */
  readonly root: Uint8Array;
  /** The signed note that says so. */
  readonly note: string;
}
