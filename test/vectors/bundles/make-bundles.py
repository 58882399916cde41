#!/usr/bin/python3
"""Makes the real bundles of this folder: drives the two programs once, with keys made for it and thrown away after.

    npm run build && python3 test/vectors/bundles/make-bundles.py

Needs python3-cryptography. Everything in real/ is then another ledger; run make-mutations.py afterwards.
"""
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "examples"))
import verify_bundle  # noqa: E402

PASSPHRASE = "a passphrase for vectors alone"
TERMS = """site: {site}
features:
  - name: cad.pro
    seats: 1
    lease_time: 3s
meters:
  - name: render.minutes
    unit: minutes
    quota: 9
    period: total
"""


def program(which, *args, check=True):
    command = ["node", str(ROOT / f"dist/cli/{which}/main.js"), *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


class Site:
    def __init__(self, folder, name, vendor, more=""):
        self.folder, self.name, self.vendor = folder / name, name, vendor
        self.folder.mkdir()
        self.config = self.folder / "config.yaml"
        self.config.write_text("data_dir: data\nsocket: admin.sock\nlisten:\n  host: 127.0.0.1\n  port: 0\n"
                               "checkpoint:\n  schedule: '0 0 1 1 *'\n")
        self.at("init", "--vendor", vendor.file)
        self.at("license", "request", "--out", self.folder / "site.skreq")
        terms = self.folder / "terms.yaml"
        terms.write_text(TERMS.format(site=name) + more)
        vendor.desk("issue", "--request", self.folder / "site.skreq", "--terms", terms, "--out",
                    self.folder / "site.sklic")

    def at(self, *args, **more):
        return program("operator", *args, "--config", self.config, **more)

    def __enter__(self):
        log = (self.folder / "log").open("a+")
        here = log.seek(0, 2)
        command = ["node", str(ROOT / "dist/cli/operator/main.js"), "serve", "--config", str(self.config)]
        self.daemon = subprocess.Popen(command, stderr=log, stdout=log)
        while True:
            log.seek(here)
            ready = [json.loads(line) for line in log.read().splitlines() if '"daemon.started"' in line]
            if ready:
                self.url = ready[0]["url"]
                return self
            if self.daemon.poll() is not None:
                raise SystemExit((self.folder / "log").read_text())
            time.sleep(0.05)

    def __exit__(self, *_):
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait()

    def work(self, frames):
        """An application that holds a seat and reports minutes; beyond the quota it is denied."""
        subprocess.run(["node", str(ROOT / "examples/hold-a-seat.mjs"), "--server", self.url,
                        "--root-key", self.vendor.root_key, "--frames", str(frames), "--data",
                        str(self.folder / "client")], capture_output=True)

    def export(self, name):
        out = self.folder / f"{name}.skb"
        self.at("usage", "export", "--out", out)
        return out


class Vendor:
    def __init__(self, folder):
        self.folder, self.secret = folder / "vendor", folder / "passphrase"
        self.secret.write_text(PASSPHRASE + "\n")
        self.desk("init", "--name", "acme.example")
        self.file = self.folder / "acme.skvendor"
        raw = self.file.read_bytes()
        self.root_key = verify_bundle.peek(raw, "root_key")
        self.key_file, = (self.folder / "keys").glob("sealing-*.skkey")

    def desk(self, *args, **more):
        return program("vendor", *args, "--dir", self.folder, "--passphrase-file", self.secret, **more)


def keep(target, *files):
    target.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, target / file.name)


def main():
    real = HERE / "real"
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        vendor = Vendor(folder)
        totals = Site(folder, "totals", vendor)
        events = Site(folder, "events", vendor, "sealing:\n  mode: immediate\ndetail: events\n")
        said = {}
        with totals:
            totals.at("license", "install", totals.folder / "site.sklic")
        for round_ in ("first", "second", "third"):
            with totals:
                totals.work(2)
                bundle = totals.export(round_)
            said[bundle.name] = json.loads(vendor.desk("ingest", bundle, "--json"))
            with totals:
                totals.at("usage", "receipt", bundle.with_suffix(".skrcpt"))
        with events:
            events.at("license", "install", events.folder / "site.sklic")
            events.work(1)
            bundle = events.export("events")
        said[bundle.name] = json.loads(vendor.desk("ingest", bundle, "--json"))
        shutil.rmtree(real, ignore_errors=True)
        keep(real, vendor.file, vendor.key_file)
        key = verify_bundle.open_key_file(vendor.key_file.read_text(), PASSPHRASE)
        (real / "sealing.hex").write_text(key.hex() + "\n")
        (real / "passphrase").write_text(PASSPHRASE + "\n")
        counted = {name: report["bundles"][0]["counted"] for name, report in said.items()}
        (real / "counted.json").write_text(json.dumps(counted, indent=1) + "\n")
        for site in (totals, events):
            keep(real / site.name, *(file for file in site.folder.iterdir() if file.suffix in
                                     (".skb", ".skrcpt", ".skreq", ".sklic")))


if __name__ == "__main__":
    main()
