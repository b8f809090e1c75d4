# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds and keeps what the emulated host boots from.

An image is a folder in the user's cache:

    xen            the hypervisor, unpacked to ELF, which QEMU's -kernel takes
    vmlinuz        the kernel, dom0's and the guests'; in dom0 unpacked as /boot/vmlinux,
                   since the domain builder takes 8 s to unpack it for each guest
    modules/       what dom0 must load to find its disk, in order of name
    guest-modules/ what the small test guest loads, likewise
    debian-modules/  what the Debian guest loads, likewise
    busybox        for initial file systems
    dom0.img       dom0's root file system (ext4, sparse; booted as a snapshot)
    debian.img     the Debian guest's (ext4; dom0's second disk, which guests read)

The lab's own files (init, agent, guests) are not in it: they go into dom0's
initramfs, which is made for each boot, so that a change to them costs nothing.

The folder's name has a key: a hash of the recipe (the lists of packages, and this
file) and of the versions that apt would install. So a changed recipe or a
security update makes a new image, and everything else finds the one it has.
It is built beside its place and renamed when whole; one build runs at a time.

Packages come from the machine's own apt sources for Debian; mmdebstrap unpacks
them into a tree, mke2fs turns the tree into a disk. Nothing is mounted.
"""

import contextlib
import fcntl
import glob
import gzip
import hashlib
import lzma
import os
import shutil
import struct
import subprocess
import time

from . import ROOM, LabError, Step

PREFIX = "xenhost-"
DISK_SIZE = "3G"
UNUSED_SECONDS = 3600
EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
DISK_MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4")
GUEST_MODULES = ("xen-evtchn", "xen-gntalloc", "xen-blkfront", "xen-netfront")
DEBIAN_MODULES = ("xen-blkfront", "crc32c_generic", "ext4", "overlay")
DEBIAN_SIZE = "640M"
# What costs a guest under emulation seconds of its boot and is no part of a test.
DEBIAN_MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
                 "e2scrub_reap.service", "fstrim.timer", "systemd-random-seed.service",
                 "systemd-update-utmp.service", "systemd-update-utmp-runlevel.service",
                 "systemd-journal-flush.service", "systemd-pstore.service", "systemd-remount-fs.service",
                 "modprobe@.service", "kmod-static-nodes.service", "systemd-machine-id-commit.service",
                 "dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
                 "systemd-sysusers.service", "systemd-sysctl.service", "systemd-modules-load.service",
                 "getty@tty1.service", "getty-static.service")


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "virtxl")


def ensure_image():
    """The folder of the image for the present recipe, built first if it is not there."""
    folder = image_folder()
    if not os.path.isdir(folder):
        os.makedirs(cache_folder(), exist_ok=True)
        with build_lock():
            folder = image_folder()  # as the recipe is now
            if not os.path.isdir(folder):
                build(folder)
                remove_unused()
    os.utime(folder)
    return folder


def image_folder():
    return os.path.join(cache_folder(), PREFIX + image_key())


def read_packages(system):
    with open(os.path.join(ROOM, system, "packages")) as file:
        lines = (line.split("#")[0].strip() for line in file)
        return [line for line in lines if line]


def image_key():
    packages = read_packages("dom0") + read_packages("debian")
    recipe = [" ".join(packages), candidate_versions(packages)]
    with open(__file__) as file:
        recipe.append(file.read())
    return hashlib.sha256("\0".join(recipe).encode()).hexdigest()[:16]


def candidate_versions(packages):
    policy = output_of(["apt-cache", "policy"] + packages)
    lines = [line.strip() for line in policy.splitlines()]
    candidates = [line for line in lines if line.startswith("Candidate:")]
    if len(candidates) != len(packages) or "Candidate: (none)" in candidates:
        raise LabError("apt does not know all of the host's packages: is this Debian 12, "
                       "and has 'apt-get update' been run?")
    return "\n".join(candidates)


@contextlib.contextmanager
def build_lock():
    with open(os.path.join(cache_folder(), "xenhost.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with Step("waiting for another build of the host image"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(folder):
    work = folder + ".new"
    log = os.path.join(cache_folder(), "xenhost-build.log")
    shutil.rmtree(work, ignore_errors=True)
    os.mkdir(work)
    tree = os.path.join(work, "tree")
    with open(log, "w"):
        pass
    with Step("dom0's packages"):
        install_packages(tree, read_packages("dom0"), log)
    with Step("dom0's disk image"):
        take_boot_files(tree, work)
        prepare_dom0(tree)
        make_disk(tree, os.path.join(work, "dom0.img"), DISK_SIZE, log)
    shutil.rmtree(tree)
    with Step("the Debian guest's packages and disk image"):
        install_packages(tree, read_packages("debian"), log)
        prepare_debian(tree)
        make_disk(tree, os.path.join(work, "debian.img"), DEBIAN_SIZE, log)
    shutil.rmtree(tree)
    os.rename(work, folder)


def install_packages(tree, packages, log):
    sources = apt_sources()
    command = ["mmdebstrap", "--variant=minbase", "--include=" + ",".join(packages)]
    command += ["--dpkgopt=path-exclude=" + pattern for pattern in EXCLUDED]
    # The lab makes the initramfs: dom0's boot needs a few modules, not all of them.
    command += ["--essential-hook=mkdir -p $1/etc/initramfs-tools",
                "--essential-hook=echo update_initramfs=no >$1/etc/initramfs-tools/update-initramfs.conf",
                "--dpkgopt=force-confold"]
    command += [sources_suite(sources), tree, "-"]
    run_logged(command, log, input="\n".join(sources) + "\n")


def apt_sources():
    """The machine's own sources for Debian, as one-line entries."""
    entry = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    lines = output_of(["apt-get", "indextargets", "--format", entry,
                       "Created-By: Packages", "Origin: Debian"]).splitlines()
    if not lines:
        raise LabError("apt has no index of a Debian archive: run 'apt-get update' first")
    return sorted(set(lines), key=lines.index)


def sources_suite(sources):
    return min((line.split()[2] for line in sources), key=len)


def take_boot_files(tree, work):
    with gzip.open(only_one(tree, "boot/xen-*-amd64.gz")) as packed:
        write_file(os.path.join(work, "xen"), packed.read())
    kernel = only_one(tree, "boot/vmlinuz-*")
    shutil.copy(kernel, os.path.join(work, "vmlinuz"))
    write_file(os.path.join(tree, "boot/vmlinux"), unpacked_kernel(kernel))
    shutil.copy(os.path.join(tree, "bin/busybox"), work)
    modules = os.path.join(tree, "lib/modules", os.path.basename(kernel)[len("vmlinuz-"):])
    copy_modules(modules, DISK_MODULES, os.path.join(work, "modules"))
    copy_modules(modules, GUEST_MODULES, os.path.join(work, "guest-modules"))
    copy_modules(modules, DEBIAN_MODULES, os.path.join(work, "debian-modules"))


def unpacked_kernel(path):
    """The ELF file in a bzImage; the offsets are those of Linux's x86 boot protocol."""
    with open(path, "rb") as file:
        image = file.read()
    offset, = struct.unpack_from("<I", image, 0x248)
    start = (image[0x1f1] + 1) * 512 + offset
    try:
        return lzma.LZMADecompressor().decompress(image[start:])
    except lzma.LZMAError as error:
        raise LabError("%s is not packed with xz: %s" % (path, error))


def copy_modules(folder, names, target):
    os.mkdir(target)
    for number, path in enumerate(module_closure(folder, names)):
        shutil.copy(os.path.join(folder, path),
                    os.path.join(target, "%02d-%s" % (number, os.path.basename(path))))


def only_one(tree, pattern):
    found = glob.glob(os.path.join(tree, pattern))
    if len(found) != 1:
        raise LabError("dom0's tree has %d files like %s, expected one" % (len(found), pattern))
    return found[0]


def module_closure(folder, names):
    """The named modules' paths and those of what they need, in the order of loading."""
    needs = {}
    with open(os.path.join(folder, "modules.dep")) as file:
        for line in file:
            module, _, others = line.partition(":")
            needs[module] = others.split()
    by_name = {os.path.basename(path).split(".")[0]: path for path in needs}
    ordered = []
    for name in names:
        if name in by_name:  # else it is part of the kernel
            path = by_name[name]
            ordered += [module for module in needs[path][::-1] + [path] if module not in ordered]
    return ordered


def prepare_dom0(tree):
    write_file(os.path.join(tree, "etc/hosts"), b"127.0.0.1 localhost xenhost\n")
    prepare_stock_libvirt(tree)
    drop_what_is_not_used(tree)


def prepare_stock_libvirt(tree):
    """Makes Debian's libvirtd a daemon with the Xen driver only, that starts on QEMU's CPU."""
    for driver in ("qemu", "lxc", "vbox"):
        path = os.path.join(tree, "usr/lib/x86_64-linux-gnu/libvirt/connection-driver",
                            "libvirt_driver_%s.so" % driver)
        if os.path.exists(path):
            os.unlink(path)
    os.makedirs(os.path.join(tree, "var/log/libvirt"), exist_ok=True)
    drop_lines(os.path.join(tree, "usr/share/libvirt/cpu_map/x86_486.xml"), ("'pse'", "'vme'"))
    settings = 'auth_unix_rw = "none"\nauth_unix_ro = "none"\nunix_sock_group = "root"\n'
    write_file(os.path.join(tree, "etc/libvirt/libvirtd.conf"), settings.encode())


def drop_lines(path, words):
    with open(path) as file:
        kept = [line for line in file if not any(word in line for word in words)]
    write_file(path, "".join(kept).encode())


def drop_what_is_not_used(tree):
    """Half of the tree is drivers for hardware that the emulated host has not got."""
    for pattern in ("lib/modules/*/kernel/drivers/gpu", "lib/modules/*/kernel/drivers/media",
                    "lib/modules/*/kernel/drivers/net/wireless", "lib/modules/*/kernel/sound",
                    "boot/initrd.img-*", "boot/xen-*.efi", "boot/System.map-*"):
        for path in glob.glob(os.path.join(tree, pattern)):
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def prepare_debian(tree):
    """As an installation leaves it: with an identity, so that its first boot is like any other."""
    write_file(os.path.join(tree, "etc/machine-id"), hashlib.md5(b"debian guest").hexdigest().encode() + b"\n")
    write_file(os.path.join(tree, "etc/hostname"), b"debian\n")
    for unit in DEBIAN_MASKED:
        path = os.path.join(tree, "etc/systemd/system", unit)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink("/dev/null", path)


def make_disk(tree, image, size, log):
    run_logged(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-E", "lazy_itable_init=1",
                "-d", tree, image, size], log)


def write_file(path, content):
    with open(path, "wb") as file:
        file.write(content)


def remove_unused():
    """Images that nobody has booted lately. One of another checkout may be in use."""
    for path in glob.glob(os.path.join(cache_folder(), PREFIX + "*")):
        if os.path.isdir(path) and os.stat(path).st_mtime < time.time() - UNUSED_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def output_of(command):
    try:
        environment = dict(os.environ, LC_ALL="C")
        return subprocess.run(command, check=True, text=True, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    except FileNotFoundError:
        raise LabError("%s is not installed" % command[0])
    except subprocess.CalledProcessError as error:
        raise LabError("%s failed: %s" % (command[0], error.stderr.strip().replace("\n", "; ")))


def run_logged(command, log, input=None):
    try:
        with open(log, "ab") as file:
            subprocess.run(command, check=True, input=input and input.encode(), stdout=file, stderr=file,
                           stdin=None if input else subprocess.DEVNULL)
    except FileNotFoundError:
        raise LabError("%s is not installed" % command[0])
    except subprocess.CalledProcessError:
        raise LabError("%s failed; its log is %s" % (command[0], log))
