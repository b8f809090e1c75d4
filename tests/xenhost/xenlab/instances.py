# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where emulated hosts that were started for development are kept, by name."""

import os
import shutil

from . import LabError
from .image import ensure_image
from .link import Link
from .machine import Machine, boot


def runtime_folder():
    """A folder of the user's own. Its path is short: a socket's path holds 107 bytes."""
    base = os.environ.get("XDG_RUNTIME_DIR") or "/tmp"
    folder = os.path.join(base, "virtxl-xenhost-%d" % os.getuid())
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.stat(folder).st_uid != os.getuid():
        raise LabError("%s belongs to somebody else" % folder)
    return folder


def instance_folder(name):
    if not name.replace("-", "").replace("_", "").isalnum():
        raise LabError("an instance's name is made of letters, digits, - and _")
    return os.path.join(runtime_folder(), name)


def start_instance(name, seconds):
    folder = instance_folder(name)
    machine = Machine(folder)
    if machine.is_running():
        raise LabError("instance %s runs already; 'lab stop' ends it" % name)
    image = ensure_image()
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    boot(machine, image, seconds, dies_with_parent=False)
    return machine


def stop_instance(name):
    folder = instance_folder(name)
    Machine(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def instance_machine(name):
    machine = Machine(instance_folder(name))
    if not machine.is_running():
        raise LabError("instance %s does not run; 'lab start' boots it" % name)
    return machine


def instance_link(name):
    return Link(instance_machine(name).folder)
