import type { RawIdentity } from "../../base/identity.ts";
import { labelField } from "../../protocol/fields.ts";
import { LABEL_LENGTH } from "../../protocol/limits.ts";
import { usageError } from "../shared/errors.ts";

/**
 * A login or host name as a client could say it of itself. The value is not repeated.
 * @throws CliError USAGE for what no client can be called.
 */
export function identity(option: string, value: string): RawIdentity {
  const read = labelField.safeParse(value);
  if (read.success) return read.data;
  throw usageError(`${option} is longer than ${LABEL_LENGTH} characters`);
}
