import type { Config } from "../config/config.ts";
import { isInNetwork, type Network, readAddress } from "../rules/network.ts";
import type { DataFolder } from "../store/data-folder.ts";
import { followed } from "./certificate-demand.ts";
import { readTlsFiles, type TlsTexts } from "./tls-files.ts";

/** What a configuration says about who may connect, and to which certificate. */
interface Perimeters {
  readonly networks: readonly Network[];
  /** From where figures may be asked for. */
  readonly scrapers: readonly Network[];
  readonly tls: TlsTexts | undefined;
}

/**
 * What stands before anybody is greeted: from where one may connect at all, and the certificate.
 * Both follow a reload while clients are connected.
 */
export class Perimeter {
  readonly #data: DataFolder;
  #now: Perimeters;

  /** @throws DaemonError TLS_FILES. */
  constructor(config: Config, data: DataFolder) {
    this.#data = data;
    this.#now = { ...networksOf(config), tls: readTlsFiles(config, data) };
  }

  /** Undefined over plaintext. */
  get tls(): TlsTexts | undefined {
    return this.#now.tls;
  }

  /** @param address as the socket names it; one that is not known is from nowhere. */
  admits(address: string | undefined): boolean {
    const { networks } = this.#now;
    return networks.length === 0 || isIn(networks, address);
  }

  /** Whether who is admitted may also read the figures of the site. */
  admitsScraper(address: string | undefined): boolean {
    return isIn(this.#now.scrapers, address);
  }

  /**
   * Reads what `config` names. Between plaintext and TLS only a restart changes, and whether
   * certificates are asked for.
   * @returns puts it in force.
   * @throws DaemonError TLS_FILES; then nothing has changed.
   */
  prepare(config: Config): () => void {
    const stays = (config.tls.mode === "off") !== (this.tls === undefined);
    const read = stays ? this.tls : readTlsFiles(config, this.#data);
    const tls = read && { ...read, demand: followed(this.tls?.demand, read.demand) };
    return () => {
      this.#now = { ...networksOf(config), tls };
    };
  }
}

function networksOf({ access, metrics }: Config): Pick<Perimeters, "networks" | "scrapers"> {
  return { networks: access.networks, scrapers: metrics.networks };
}

function isIn(networks: readonly Network[], address: string | undefined): boolean {
  const from = address === undefined ? undefined : readAddress(address);
  return from !== undefined && networks.some((network) => isInNetwork(network, from));
}
