#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs tests in dom0 and speaks TAP; 'lab run' starts it.

usage: harness.py [--keep-going] [--long] [--usual] [--list] [FILE | FILE:TEST]...

A test file is test_NAME.py; FILE is its NAME, with or without the rest. Its test
functions are those whose names begin with test_, in their order; the rest of
the name says what must be true. A file may have a context manager

    @contextlib.contextmanager
    def shared(): ... yield value

around all of its tests, each of which then takes the value: a guest boots in
seconds, so tests that only look at it share one. With "borrowed", a tuple of
modules, it runs their tests first, under its own shared(). Before and after each file the
host has no guest and no daemon. After a failed test its logs follow as comments.

A test has 900 s; a function's attribute "seconds" says otherwise. With --long,
host.LONG is true, and tests do more of what they do. A file or a test with "only_long"
runs with --long, or when it is named; with --usual being named is no reason. --list tells the
files that would run, and runs nothing.
"""

import argparse
import contextlib
import glob
import importlib
import os
import signal
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import host
from host import daemons, evidence, xen

SECONDS = 900
# They are the first that --list tells: who shares the files out ends sooner so.
LONGEST = ("backend_bytes", "backend_hostile", "backend_restart", "backend_endpoints", "channels_hvm_pvh",
           "guest_debian", "hotplug", "lifecycle", "stock_peer")


class TimeIsUp(BaseException):
    """A test took too long. Not an Exception, so that a test's own handlers let it pass."""


class TestFile:
    def __init__(self, path):
        self.name = os.path.basename(path)[len("test_"):-len(".py")]
        self.module = importlib.import_module("test_" + self.name)
        modules = (*getattr(self.module, "borrowed", ()), self.module)
        self.functions = [function for module in modules for function in tests_of(module)]

    def functions_of_a_run(self):
        """Those that run when nothing is named."""
        if host.LONG:
            return self.functions
        if getattr(self.module, "only_long", False):
            return []
        return [function for function in self.functions if not getattr(function, "only_long", False)]

    def shared(self):
        return getattr(self.module, "shared", contextlib.nullcontext)()


def tests_of(module):
    return [value for name, value in vars(module).items()
            if name.startswith("test_") and callable(value) and value.__module__ == module.__name__]


class Report:
    """What goes to standard output: TAP, and progress lines among its comments."""

    def __init__(self, total):
        self.count = 0
        self.failed = 0
        print("1..%d" % total, flush=True)

    def point(self, title, seconds, error=None):
        self.count += 1
        self.failed += 1 if error else 0
        print("%s %d - %s # %.0f s" % ("not ok" if error else "ok", self.count, title, seconds), flush=True)
        if error:
            self.comment(error)

    @staticmethod
    def comment(text):
        for line in text.splitlines():
            print("#   " + line)
        sys.stdout.flush()

    @staticmethod
    def progress(text):
        print("# xenhost: " + text, flush=True)


def title_of(file, function):
    return "%s: %s" % (file.name, function.__name__[len("test_"):].replace("_", " "))


@contextlib.contextmanager
def time_limit(seconds):
    def end(*_):
        raise TimeIsUp("not done after %d s" % seconds)
    signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def clean_host():
    """No guest, no daemon, no definition: how every file finds the host."""
    daemons.end_daemons()
    xen.destroy_everything()
    daemons.configure_virtxld()
    daemons.configure_driver()


def run_test(function, arguments, report, title):
    begin = time.monotonic()
    mark = evidence.mark()
    try:
        with time_limit(getattr(function, "seconds", SECONDS)):
            function(*arguments)
    except (Exception, TimeIsUp):
        report.point(title, time.monotonic() - begin, traceback.format_exc())
        report.comment(evidence.since(mark))
        return False
    report.point(title, time.monotonic() - begin)
    return True


def run_file(file, functions, report, keep_going):
    """True unless the run is to end here."""
    begin = time.monotonic()
    failed = report.failed
    mark = evidence.mark()
    clean_host()
    todo = list(functions)
    try:
        with contextlib.ExitStack() as stack:
            with time_limit(SECONDS):
                value = stack.enter_context(file.shared())
            arguments = [] if value is None else [value]
            while todo:
                function = todo.pop(0)
                if not run_test(function, arguments, report, title_of(file, function)) and not keep_going:
                    return False
    except (Exception, TimeIsUp):
        fail_the_rest(file, functions, todo, report, traceback.format_exc())
        report.comment(evidence.since(mark))
    finally:
        clean_host()
        report.progress("%s: %d of %d passed in %.0f s" % (
            file.name, len(functions) - (report.failed - failed), len(functions), time.monotonic() - begin))
    return keep_going or report.failed == failed


def fail_the_rest(file, functions, todo, report, error):
    """What tests share could not be made; or, if all have run, not be taken down."""
    if not todo:
        report.comment("after the last test: " + error)
        report.failed += 1
    for function in todo:
        report.point(title_of(file, function), 0, error if function is todo[0] else "not run, see above")


def all_files():
    return [TestFile(path) for path in sorted(glob.glob(os.path.join(HERE, "test_*.py")))]


def usual(files):
    return [(file, functions) for file in files if (functions := file.functions_of_a_run())]


def selected(names):
    """(file, its functions to run) for what the command line names."""
    files = all_files()
    if not names:
        return usual(files)
    known = {file.name: file for file in files}
    chosen = []
    for name in names:
        file_name, _, test_name = name.partition(":")
        file_name = os.path.basename(file_name).removeprefix("test_").removesuffix(".py")
        if file_name not in known:
            sys.exit("no test file %s; there are: %s" % (file_name, " ".join(known)))
        wanted = "test_" + test_name.removeprefix("test_").replace(" ", "_")
        functions = [function for function in known[file_name].functions
                     if not test_name or function.__name__ == wanted]
        if not functions:
            sys.exit("%s has no test %s" % (file_name, test_name))
        chosen.append((known[file_name], functions))
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keep-going", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--usual", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    host.LONG = options.long
    work = selected(options.tests)
    if options.usual:
        work = usual([file for file, _ in work])
    if options.list:
        print(*sorted((file.name for file, _ in work), key=lambda name: name not in LONGEST), sep="\n")
        return 0
    report = Report(sum(len(functions) for _, functions in work))
    for file, functions in work:
        if not run_file(file, functions, report, options.keep_going):
            print("Bail out! A test failed.", flush=True)
            break
    return 1 if report.failed else 0


sys.exit(main())
