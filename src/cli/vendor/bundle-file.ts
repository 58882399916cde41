import { VendorError } from "../../vendor/errors.ts";
import { CliError } from "../shared/errors.ts";
import { type FileSource, fileSource } from "../shared/file-source.ts";

/** Whatever comes in the way of the bundle's bytes: nothing of it was counted, and a code says so. */
export function bundleSource(fd: number, path: string): FileSource {
  const file = readable(() => fileSource(fd, path));
  return {
    length: file.length,
    read: (offset, length) => readable(() => file.read(offset, length)),
  };
}

function readable<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof CliError)) throw cause;
    throw new VendorError("BUNDLE_UNREADABLE", cause.message, {
      cause,
      hint: "copy the bundle to this computer and ingest the copy",
    });
  }
}
