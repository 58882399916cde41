#!/usr/bin/python3
"""What examples/verify_bundle.py says of every vector of an index.json: one JSON object, by name.

    python3 test/vectors/bundles/run-index.py [folder] [--audit]

With --audit what it reads with the auditor's key, of the vectors that are about one.
"""
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "examples"))
import verify_bundle  # noqa: E402


def report(folder, index, vector):
    words = [folder / vector["bundle"], "--vendor", folder / index["vendor"], "--key", folder / vector["key"],
             "--request", folder / vector["request"], "--license", folder / vector["license"], "--now",
             vector.get("now", index["now"])]
    for option in ("receipts", "earlier"):
        for file in vector[option]:
            words += ["--" + option.removesuffix("s"), folder / file]
    return verify_bundle.verify_files(verify_bundle.arguments().parse_args([str(word) for word in words]))


def audited(folder, index, vector):
    words = [folder / vector["bundle"], "--auditor-key", folder / "auditor.skkey"]
    return verify_bundle.audit_file(verify_bundle.arguments().parse_args([str(word) for word in words]))


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent
    index = json.loads((folder / "index.json").read_text())
    judge = audited if "--audit" in sys.argv else report
    vectors = [each for each in index["vectors"] if judge is report or "audit" in each]
    print(json.dumps({vector["name"]: judge(folder, index, vector) for vector in vectors}, indent=1))


if __name__ == "__main__":
    main()
