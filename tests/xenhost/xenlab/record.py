# SPDX-License-Identifier: LGPL-2.1-or-later
"""Records what the stock libvirt Xen driver makes of definitions.

The work is done in dom0 by dom0/record.py; this side carries the definitions in
and the records out.
"""

import contextlib
import glob
import io
import os
import subprocess
import sys
import tarfile
import tempfile

from . import ROOM, LabError, instances, jobs, terminal
from .image import ensure_image
from .link import Link
from .machine import Machine, boot

HERE, THERE = "/job/record/in", "/job/record/out"
PRELOAD = "/job/record/config.so"
LIFETIME = 3600


def record(instance, folder, out, start):
    if not _inputs(folder):
        raise LabError("there is no *.cfg or *.xml in %s" % folder)
    with _link(instance) as link:
        jobs.push_tests(link)
        link.output(["rm", "-rf", HERE, THERE])
        _push_definitions(link, folder)
        command = ["python3", jobs.TESTS + "/dom0/record.py", HERE, THERE]
        if start:
            _push_preload(link)
            command += ["--start", PRELOAD]
        try:
            return link.run(command, stdout=terminal.writer(sys.stdout), stderr=terminal.writer(sys.stderr))
        finally:  # what there is when it is interrupted is worth having, too
            _pull_records(link, out)


def _push_preload(link):
    """Compiles what catches the configuration; dom0 has no compiler."""
    source = os.path.join(ROOM, "dom0/record_config.c")
    with tempfile.NamedTemporaryFile(suffix=".so") as library:
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library.name, source, "-lxenlight"], check=True)
        link.push(library, PRELOAD)


@contextlib.contextmanager
def _link(instance):
    """The named host if it is up, else one for this job only."""
    folder = instances.instance_folder(instance)
    if Machine(folder).is_running():
        yield Link(folder)
        return
    image = ensure_image()
    with jobs.temporary_folder() as folder:
        machine = Machine(folder)
        try:
            boot(machine, image, LIFETIME, dies_with_parent=True)
            yield Link(folder)
        finally:
            machine.stop()


def _inputs(folder):
    """Configurations, whose definitions are records beside them, or else definitions. What has
    a second dot in its name is no input."""
    for ending in (".cfg", ".xml"):
        paths = [path for path in glob.glob(os.path.join(folder, "*" + ending))
                 if os.path.basename(path).count(".") == 1]
        if paths:
            return paths
    return []


def _push_definitions(link, folder):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in _inputs(folder):
            tar.add(path, os.path.basename(path))
    link.output(["sh", "-c", 'mkdir -p "$1" && tar -C "$1" -xf -', "sh", HERE], stdin=archive.getvalue())


def _pull_records(link, out):
    """Writes the records, in place of older ones of the same inputs."""
    os.makedirs(out, exist_ok=True)
    archive = link.output(["tar", "-C", THERE, "-cf", "-", "."])
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        records = {os.path.basename(member.name): tar.extractfile(member).read() for member in tar.getmembers()
                   if member.isfile()}
    for stem in {name.split(".", 1)[0] for name in records}:
        for ending in (".out.xml", ".json", ".err", ".cfg.err", ".back.xml", ".out.cfg"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(os.path.join(out, stem + ending))
    for name, content in records.items():
        with open(os.path.join(out, name), "wb") as file:
            file.write(content)
