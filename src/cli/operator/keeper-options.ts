import type { ConnectOptions } from "../../client/index.ts";
import type { Shell } from "../shared/command.ts";
import { CliError, usageError } from "../shared/errors.ts";
import { trustedVendor } from "./vendor-trust.ts";

/** Options of every command that speaks to license servers as an application does. */
export const KEEPER_OPTIONS = {
  server: {
    type: "string",
    requiresArg: true,
    describe: "wss://host:7328 or 7328@host, several with commas [default: $SEATKEEPER_SERVER]",
  },
  "vendor-file": {
    type: "string",
    requiresArg: true,
    describe:
      "the vendor to trust, *.skvendor [default: $SEATKEEPER_VENDOR_FILE or the installed one]",
  },
  "allow-plaintext": {
    type: "boolean",
    default: false,
    describe: "let ws:// name another machine",
  },
  "token-file": {
    type: "string",
    requiresArg: true,
    describe: "a file with the enrolment token the site gave you [default: $SEATKEEPER_TOKEN_FILE]",
  },
  "allow-plaintext-token": {
    type: "boolean",
    default: false,
    describe: "let the token go to another machine over ws://",
  },
  "client-cert": {
    type: "string",
    requiresArg: true,
    describe:
      "the certificate that the site lets this computer in by, PEM [default: $SEATKEEPER_CLIENT_CERT]",
  },
  "client-key": {
    type: "string",
    requiresArg: true,
    describe: "the file of its key, PEM, mode 0600 [default: $SEATKEEPER_CLIENT_KEY]",
  },
} as const;

/** What {@link KEEPER_OPTIONS} hold. */
interface KeeperOptions {
  readonly server?: string | undefined;
  readonly vendorFile?: string | undefined;
  readonly allowPlaintext: boolean;
  readonly tokenFile?: string | undefined;
  readonly allowPlaintextToken: boolean;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

/** @throws CliError SERVER_NOT_NAMED, VENDOR_FILE_MISSING; NoteError, LicenseError for a damaged file. */
export function keeperOptions(options: KeeperOptions, shell: Shell): ConnectOptions {
  const workstation = workstationOptions(options, shell);
  const servers = serversOf(options.server, shell);
  const { allowPlaintext, allowPlaintextToken } = options;
  const tokenFile = options.tokenFile ?? shell.env["SEATKEEPER_TOKEN_FILE"] ?? "";
  return {
    ...workstation,
    servers,
    allowPlaintext,
    allowPlaintextToken,
    ...(tokenFile === "" ? {} : { tokenFile }),
    ...certificateOf(options, shell),
  };
}

function certificateOf(
  { clientCert, clientKey }: KeeperOptions,
  { env }: Shell,
): Pick<ConnectOptions, "clientCertificate"> {
  const certFile = clientCert ?? env["SEATKEEPER_CLIENT_CERT"] ?? "";
  const keyFile = clientKey ?? env["SEATKEEPER_CLIENT_KEY"] ?? "";
  if (certFile === "" && keyFile === "") return {};
  if (certFile !== "" && keyFile !== "") return { clientCertificate: { certFile, keyFile } };
  throw usageError("--client-cert and --client-key go together", "name both files");
}

/** What is known of this computer without any server. */
export function workstationOptions(
  options: Pick<KeeperOptions, "vendorFile">,
  shell: Shell,
): Pick<ConnectOptions, "vendor" | "hostId"> {
  const { name, rootKey } = trustedVendor(options.vendorFile, shell);
  const hostId = shell.env["SEATKEEPER_HOST_ID"] ?? "";
  return { vendor: { name, rootKey }, ...(hostId === "" ? {} : { hostId }) };
}

function serversOf(named: string | undefined, shell: Shell): string {
  const servers = named ?? shell.env["SEATKEEPER_SERVER"];
  if (servers !== undefined && servers !== "") return servers;
  throw new CliError("SERVER_NOT_NAMED", "no license server is named", {
    hint: "add --server 7328@host, or set SEATKEEPER_SERVER",
  });
}
