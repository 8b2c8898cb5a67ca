"""Takes what the engine needs out of an archive.

unpack.py wheel ARCHIVE DIR PREFIX...    members of a wheel under the prefixes, each checked against the wheel's RECORD
unpack.py tar ARCHIVE DIR PREFIX...      members of a tarball under the prefixes
unpack.py requires ARCHIVE EXTRA         requirements that an extra of the wheel adds, one a line
"""

import base64
import csv
import hashlib
import io
import os
import re
import shutil
import sys
import tarfile
import zipfile


def record(archive):
    name = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
    rows = csv.reader(io.StringIO(archive.read(name).decode()))
    return {row[0]: row[1] for row in rows if len(row) > 1 and row[1].startswith("sha256=")}


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            sha.update(chunk)
    return "sha256=" + base64.urlsafe_b64encode(sha.digest()).rstrip(b"=").decode()


def place(directory, name):
    target = os.path.normpath(os.path.join(directory, name))
    if not target.startswith(os.path.normpath(directory) + os.sep):
        sys.exit("archive member leaves its directory: " + name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    return target


def wheel(path, directory, prefixes):
    with zipfile.ZipFile(path) as archive:
        sums = record(archive)
        for name in archive.namelist():
            if name.endswith("/") or not name.startswith(prefixes):
                continue
            target = place(directory, name)
            with archive.open(name) as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            if name not in sums or digest(target) != sums[name]:
                sys.exit("checksum differs from the wheel's RECORD: " + name)


def tar(path, directory, prefixes):
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            if not member.isfile() or not member.name.startswith(prefixes):
                continue
            with archive.extractfile(member) as source, open(place(directory, member.name), "wb") as sink:
                shutil.copyfileobj(source, sink)


def requires(path, extra):
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        for line in archive.read(name).decode().splitlines():
            found = re.match(r"Requires-Dist: ([^;]+);.*extra == ['\"]" + re.escape(extra) + r"['\"]", line)
            if found:
                print(found.group(1).strip())


if __name__ == "__main__":
    action, path, where = sys.argv[1:4]
    if action == "requires":
        requires(path, where)
    else:
        {"wheel": wheel, "tar": tar}[action](path, where, tuple(sys.argv[4:]))
