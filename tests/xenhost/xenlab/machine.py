# SPDX-License-Identifier: LGPL-2.1-or-later
"""The emulated machine: a QEMU process without KVM that runs Xen and dom0.

A machine lives in a folder of its own, which has

    initrd.img     dom0's initramfs
    console.log    what Xen and dom0 said on the serial line
    qemu.log       what QEMU said
    qemu.pid       while it runs
    line.N         unix sockets, the control lines to the agent in dom0

The disk is a snapshot of the image: nothing that happens in the host stays.
QEMU never outlives its use: timeout(1) ends it, and so does the kernel when
timeout, or the lab that waits for it, is no more.
"""

import os
import shutil
import signal
import subprocess
import time

from . import LabError, Step, say
from .image import cache_folder
from .initramfs import dom0_initramfs
from .link import LINES, Link

MEMORY_MIB = 4096
CPUS = 2
DOM0_MEMORY = "1536M"
# smap: faults the PV dom0's iret. xsave: nested guests see sizes that differ.
# rdtscp: HVM guests fail in Xen's SVM instruction decoder. (All with QEMU 7.2.)
CPU = "max,-smap,-pku,-la57,-xsave,-rdtscp"
XEN_OPTIONS = "console=com1 com1=115200,8n1 dom0_mem=" + DOM0_MEMORY
DOM0_OPTIONS = "console=hvc0 quiet panic=1"
BOOT_SECONDS = 90


class Machine:
    def __init__(self, folder, cpus=CPUS):
        self.folder = folder
        self.cpus = cpus
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, image, seconds, dies_with_parent):
        """Starts QEMU, which ends after so many seconds. Returns at once."""
        with open(self.path("initrd.img"), "wb") as file:
            file.write(dom0_initramfs(image))
        command = ["timeout", "--kill-after=5", str(seconds), "setpriv", "--pdeathsig", "KILL",
                   "nice", "-n", "-5"]  # if allowed: libxl's time limits know nothing of emulation
        if dies_with_parent:
            command = ["setpriv", "--pdeathsig", "TERM"] + command
        with open(self.path("qemu.log"), "wb") as log:
            self.process = subprocess.Popen(command + self._qemu(image), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        with open(self.path("qemu.pid"), "w") as file:
            file.write("%d\n" % self.process.pid)

    def _qemu(self, image):
        command = ["qemu-system-x86_64", "-name", "virtxl-xenhost", "-nodefaults", "-no-user-config",
                   "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", CPU,
                   "-smp", str(self.cpus), "-m", str(MEMORY_MIB), "-display", "none", "-no-reboot", "-serial", "file:" + self.path("console.log"),
                   "-kernel", os.path.join(image, "xen"), "-append", XEN_OPTIONS,
                   "-initrd", "%s/vmlinuz %s,%s" % (image, DOM0_OPTIONS, self.path("initrd.img"))]
        # A PV dom0's addresses are not machine addresses, so its devices need the DMA API.
        pci = "iommu_platform=on,disable-legacy=on"
        for disk in ("dom0", "debian"):
            command += ["-drive", "if=none,id=%s,format=raw,snapshot=on,file=%s/%s.img" % (disk, image, disk),
                        "-device", "virtio-blk-pci,drive=%s,%s" % (disk, pci)]
        command += ["-device", "virtio-serial-pci,id=lab," + pci]
        for number in range(1, LINES + 1):
            command += ["-chardev", "socket,id=line%d,path=%s,server=on,wait=off"
                        % (number, self.path("line.%d" % number)),
                        "-device", "virtserialport,bus=lab.0,nr=%d,chardev=line%d,name=virtxl.lab.%d"
                        % (number, number, number)]
        return command

    def is_running(self):
        pid = self._pid()
        if self.process is not None:
            return self.process.poll() is None
        return pid is not None and _command_of(pid).find(b"virtxl-xenhost") >= 0

    def _pid(self):
        try:
            with open(self.path("qemu.pid")) as file:
                return int(file.read())
        except (FileNotFoundError, ValueError):
            return None

    def stop(self):
        """Ends QEMU, whoever started it. No harm if it is gone already."""
        if self.is_running():
            os.kill(self._pid(), signal.SIGTERM)
        deadline = time.monotonic() + 10
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.process is not None:
            self.process.wait()

    def wait_until_up(self):
        """Waits for the agent's first answer. True if it came in time and the machine runs."""
        deadline = time.monotonic() + BOOT_SECONDS * patience()
        while self.is_running() and time.monotonic() < deadline:
            if os.path.exists(self.path("line.1")):
                try:
                    if Link(self.folder).run(["true"], seconds=2) == 0:
                        return True
                except (OSError, TimeoutError):
                    pass
            time.sleep(0.2)
        return False

    def say_console(self, lines=15):
        """Shows the end of the console and keeps all of it; for when the host has failed."""
        kept = os.path.join(cache_folder(), "xenhost-console.log")
        try:
            shutil.copy(self.path("console.log"), kept)
            with open(kept, errors="replace") as file:
                text = [line for line in file.read().splitlines() if line.strip()]
        except OSError as error:
            text = [str(error)]
        for line in text[-lines:]:
            say("console: " + line)
        say("all of the console: " + kept)


def patience():
    """By how much longer things take because the machine has other work, too."""
    return min(6, max(1, os.getloadavg()[0] / os.cpu_count()))


def boot(machine, image, seconds, dies_with_parent):
    """Starts the machine and waits until dom0 takes commands. One retry, which is reported."""
    for attempt in ("first", "second"):
        try:
            with Step("boot of the emulated Xen host"):
                machine.start(image, seconds, dies_with_parent)
                if machine.wait_until_up():
                    return
                raise LabError("dom0 did not come up in time")
        except LabError as error:
            machine.stop()
            machine.say_console()
            say("%s boot: %s" % (attempt, error))
    raise LabError("the emulated host does not boot; its console is above")


def _command_of(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return file.read()
    except OSError:
        return b""
