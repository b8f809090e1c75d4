#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every command that a page shows works as shown, or says why nobody tries it.

usage: commands.py BUILD

A fenced block of a Markdown page that has the language "sh" is a piece of a
script, and so is a literal block in a manual page's section EXAMPLE: a page's
pieces run one after the other in one shell, from the root of the sources, and
the first that fails ends it. A block whose info string goes on with
"example: REASON" is not run:

    ```sh example: it needs a host that runs Xen

In what is run, /tmp/virtxl and /tmp/trial are in a temporary folder, and build/
is BUILD. A person waits for a daemon before typing the next line; here virsh and
virtxl-channeld do.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap

from lint import ROOT, Tap, all_files, read_text

SECONDS = 60
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = ("sh", "shell", "console", "bash")
EXAMPLE = re.compile(r"^EXAMPLES?\n=+\n(.*?)(?=^\S[^\n]*\n=+\n|\Z)", re.DOTALL | re.MULTILINE)
LITERAL = re.compile(r"::\n\n((?:[ ]+[^\n]*\n|\n)+)")
PROLOGUE = """set -eu
virsh() {
    timeout 10 sh -c 'until [ -S FOLDER/*/run/libvirt/virtxend-sock ]; do sleep 0.1; done'
    command virsh "$@"
}
virtxl_channeld() {
    timeout 10 sh -c 'until [ -S FOLDER/*/run/virtxl/channeld.sock ]; do sleep 0.1; done'
    command virtxl-channeld "$@"
}
alias virtxl-channeld=virtxl_channeld
set -x
"""


def blocks(text):
    """(runs, script, complaint) for each block of commands."""
    for info, script in BLOCK.findall(text):
        language, _, rest = info.strip().partition(" ")
        if language not in SHELL:
            continue
        if rest.startswith("example: ") and len(rest) > len("example: x"):
            yield False, script, ""
        elif language == "sh" and not rest:
            yield True, script, ""
        else:
            yield False, script, "a block of commands is tagged '%s'" % info


def manual_blocks(text):
    for section in EXAMPLE.findall(text):
        for script in LITERAL.findall(section):
            yield True, textwrap.dedent(script), ""


def blocks_of(path):
    if path.endswith(".md"):
        return list(blocks(read_text(path)))
    if re.search(r"\.[18]\.rst$", path):
        return list(manual_blocks(read_text(path)))
    return []


def run_page(script, build):
    """Runs a page's commands in a session of their own, of which nothing is left."""
    with tempfile.TemporaryDirectory(prefix="vx-") as folder:
        script = re.sub(r"/tmp/(virtxl|trial)\b", folder + r"/\1", script)
        script = re.sub(r"(?<![\w/.-])build/", build + "/", script)
        script = PROLOGUE.replace("FOLDER", folder) + script
        environment = dict(os.environ, PATH=":".join((build + "/src/daemon", build + "/src/channel", os.environ["PATH"])))
        log = os.path.join(folder, "page.log")
        with open(log, "wb") as file:
            process = subprocess.Popen(["sh", "-c", script], cwd=ROOT, start_new_session=True,
                                       stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                       env=environment)
        try:
            status = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            status = "none after %d s" % SECONDS
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        process.wait()
        with open(log, errors="replace") as file:
            return "" if status == 0 else "%s\nstatus %s" % (file.read(), status)


def main():
    build = os.path.realpath(sys.argv[1])
    tap = Tap()
    for path in all_files():
        found = blocks_of(path)
        tagged_badly = "\n".join(complaint for _, _, complaint in found if complaint)
        script = "".join(text for runs, text, _ in found if runs)
        if found:
            tap.point(path, tagged_badly or (script and run_page(script, build)))
    tap.end()


main()
