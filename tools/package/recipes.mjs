// What each package is made of.

/**
 * @typedef {object} Recipe
 * @property {string} name of the package
 * @property {string} summary one line
 * @property {string} description for who reads `apt show`
 * @property {Readonly<Record<string, string>>} programs name on the PATH, and its entry in the build
 * @property {readonly string[]} entries modules that are started, but by no name on the PATH
 * @property {Readonly<Record<string, string>>} files target, and where it comes from in the project
 * @property {readonly string[]} conffiles what an administrator may change, and keeps
 * @property {readonly string[]} scripts of packaging/ that the package manager runs
 * @property {readonly string[]} docs files and folders of the project
 * @property {Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>} manual sections that no `--help` has, by program and heading
 */

const FILES_OF_A_SITE = [
  "/etc/seatkeeper/config.yaml: the configuration; what it leaves out has its default.",
  "/var/lib/seatkeeper: keys, licenses, database and ledger. seatkeeper backup writes all of it that may be copied.",
  "/run/seatkeeper/admin.sock: who may open it administers the daemon (root, and the group seatkeeper).",
];

/** @type {readonly Recipe[]} */
export const RECIPES = [
  {
    name: "seatkeeper",
    summary: "offline license daemon: floating seats, metered usage, sealed reports",
    description: `The daemon of a site, its administration, the wrapper for workstations, and the desk of the
 site's auditor. It needs no connection to the outside, and opens none. Node is inside.`,
    programs: {
      seatkeeper: "cli/operator/main.js",
      "seatkeeper-audit": "cli/auditor/main.js",
    },
    entries: ["cli/operator/demo/workstation.js"],
    files: {
      "usr/lib/systemd/system/seatkeeper.service": "systemd/seatkeeper.service",
      "usr/lib/systemd/system/seatkeeper.socket": "systemd/seatkeeper.socket",
      "usr/lib/sysusers.d/seatkeeper.conf": "systemd/seatkeeper.sysusers.conf",
      "usr/lib/tmpfiles.d/seatkeeper.conf": "systemd/seatkeeper.tmpfiles.conf",
      "etc/seatkeeper/config.yaml": "packaging/config.yaml",
      "usr/share/doc/seatkeeper/config.example.yaml": "config.example.yaml",
    },
    conffiles: ["/etc/seatkeeper/config.yaml"],
    scripts: ["preinst", "postinst", "prerm", "postrm"],
    docs: ["README.md", "CHANGELOG.md", "SECURITY.md", "docs", "ops"],
    manual: {
      seatkeeper: {
        files: FILES_OF_A_SITE,
        environment: [
          "SEATKEEPER_CONFIG: the configuration, where --config does not name it.",
          "SEATKEEPER_SERVER, SEATKEEPER_VENDOR_FILE: what run, borrow and return connect to, and whom they trust.",
          "SEATKEEPER_TOKEN_FILE: the file with the enrolment token.",
        ],
        "see also": ["seatkeeper-audit(1), systemctl(1), /usr/share/doc/seatkeeper"],
      },
      "seatkeeper-audit": { "see also": ["seatkeeper(1), /usr/share/doc/seatkeeper"] },
    },
  },
  {
    name: "seatkeeper-vendor",
    summary: "the vendor's desk of Seatkeeper: licenses out, usage in",
    description: `Issues licenses and counts sealed usage without a network to the customer. For the vendor of
 licensed software; it has no place on a customer's machine. Node is inside.`,
    programs: { "seatkeeper-vendor": "cli/vendor/main.js" },
    entries: [],
    files: {},
    conffiles: [],
    scripts: [],
    docs: ["README.md", "CHANGELOG.md", "docs/VENDOR-KEYS.md", "docs/ERRORS.md"],
    manual: { "seatkeeper-vendor": { "see also": ["/usr/share/doc/seatkeeper-vendor"] } },
  },
];
