import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { DataFolder } from "../store/data-folder.ts";
import { openStore } from "../store/database.ts";

/** In the database: when the newest backup that was read back was made. */
const KEY = "backup read back";

/** Undefined before the first. */
export function lastBackup(notes: {
  meta(key: string): string | undefined;
}): UnixMillis | undefined {
  const kept = notes.meta(KEY);
  return kept === undefined ? undefined : unixMillis(Number(kept));
}

export function keepLastBackup(
  notes: { putMeta(key: string, value: string): void },
  madeAt: UnixMillis,
): void {
  notes.putMeta(KEY, String(madeAt));
}

/** The same while no daemon runs. @throws StoreError. */
export function keepLastBackupOffline({ database }: DataFolder, madeAt: UnixMillis): void {
  const store = openStore(database);
  try {
    keepLastBackup(store, madeAt);
  } finally {
    store.close();
  }
}
