# SPDX-License-Identifier: LGPL-2.1-or-later
"""Records what the stock libvirt Xen driver makes of definitions.

The work is done in dom0 by dom0/record.py; this side carries the definitions in
and the records out.
"""

import contextlib
import glob
import io
import os
import sys
import tarfile

from . import LabError, instances, jobs, terminal
from .image import ensure_image
from .link import Link
from .machine import Machine, boot

HERE, THERE = "/job/record/in", "/job/record/out"
LIFETIME = 3600


def record(instance, folder, out, start):
    if not _inputs(folder):
        raise LabError("there is no *.cfg or *.xml in %s" % folder)
    with _link(instance) as link:
        jobs.push_tests(link)
        link.output(["rm", "-rf", HERE, THERE])
        _push_definitions(link, folder)
        command = ["python3", jobs.TESTS + "/dom0/record.py", HERE, THERE] + (["--start"] if start else [])
        try:
            return link.run(command, stdout=terminal.writer(sys.stdout), stderr=terminal.writer(sys.stderr))
        finally:  # what there is when it is interrupted is worth having, too
            _pull_records(link, out)


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
    """Configurations, whose definitions are records beside them, or else definitions."""
    paths = glob.glob(os.path.join(folder, "*.cfg")) or glob.glob(os.path.join(folder, "*.xml"))
    return [path for path in paths if not path.endswith((".out.cfg", ".ours.cfg", ".out.xml"))]


def _push_definitions(link, folder):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in _inputs(folder):
            tar.add(path, os.path.basename(path))
    link.output(["sh", "-c", 'mkdir -p "$1" && tar -C "$1" -xf -', "sh", HERE], stdin=archive.getvalue())


def _pull_records(link, out):
    os.makedirs(out, exist_ok=True)
    archive = link.output(["tar", "-C", THERE, "-cf", "-", "."])
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar.getmembers():
            if member.isfile():
                with open(os.path.join(out, os.path.basename(member.name)), "wb") as file:
                    file.write(tar.extractfile(member).read())
