/* On a pty: its other end is where the host would be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "guest/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

typedef struct {
    int host;
    int signals;
    char *path;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    sigset_t signals;

    fixture->host = posix_openpt(O_RDWR | O_NOCTTY);
    g_assert_cmpint(fixture->host, >=, 0);
    g_assert_cmpint(grantpt(fixture->host), ==, 0);
    g_assert_cmpint(unlockpt(fixture->host), ==, 0);
    fixture->path = g_strdup(ptsname(fixture->host));
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    fixture->signals = signalfd(-1, &signals, SFD_CLOEXEC);
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    if (fixture->host >= 0)
        close(fixture->host);
    close(fixture->signals);
    g_free(fixture->path);
}

static void
bytes_pass_as_they_are(Fixture *fixture, gconstpointer unused)
{
    const char bytes[] = "a\r\n\003\004\021\023\032\034\177\377b";
    int fd = terminal_open_raw(fixture->path);
    char got[64];

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fixture->host, bytes, sizeof(bytes)), ==, sizeof(bytes));
    g_assert_cmpint(read(fd, got, sizeof(got)), ==, sizeof(bytes));
    g_assert_cmpmem(got, sizeof(bytes), bytes, sizeof(bytes));
    g_assert_cmpint(write(fd, bytes, sizeof(bytes)), ==, sizeof(bytes));
    g_assert_cmpint(read(fixture->host, got, sizeof(got)), ==, sizeof(bytes));
    g_assert_cmpmem(got, sizeof(bytes), bytes, sizeof(bytes));
    close(fd);
}

static void
nothing_is_echoed(Fixture *fixture, gconstpointer unused)
{
    int fd = terminal_open_raw(fixture->path);
    char got[8];

    g_assert_cmpint(write(fixture->host, "question", 8), ==, 8);
    g_assert_cmpint(read(fd, got, sizeof(got)), ==, 8);
    g_assert_cmpint(write(fd, "!", 1), ==, 1);
    g_assert_cmpint(read(fixture->host, got, sizeof(got)), ==, 1);
    g_assert_cmpint(got[0], ==, '!');
    close(fd);
}

static void
a_hangup_ends_the_wait(Fixture *fixture, gconstpointer unused)
{
    int fd = terminal_open_raw(fixture->path);

    close(fixture->host);
    fixture->host = -1;
    g_assert_cmpint(terminal_wait(fd, fixture->signals), ==, 1);
    close(fd);
}

static void
a_signal_ends_the_wait_and_bytes_do_not(Fixture *fixture, gconstpointer unused)
{
    int fd = terminal_open_raw(fixture->path);

    g_assert_cmpint(write(fixture->host, "x", 1), ==, 1);
    raise(SIGUSR1);
    g_assert_cmpint(terminal_wait(fd, fixture->signals), ==, 0);
    close(fd);
}

static void
what_is_no_terminal_is_refused(Fixture *fixture, gconstpointer unused)
{
    g_assert_cmpint(terminal_open_raw("/dev/null"), ==, -1);
    g_assert_cmpint(errno, ==, ENOTTY);
    g_assert_cmpint(terminal_open_raw("/dev/null/none"), ==, -1);
    g_assert_cmpint(errno, ==, ENOTDIR);
}

#define ADD(function)                                                                              \
    g_test_add("/guest/terminal/" #function, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(bytes_pass_as_they_are);
    ADD(nothing_is_echoed);
    ADD(a_hangup_ends_the_wait);
    ADD(a_signal_ends_the_wait_and_bytes_do_not);
    ADD(what_is_no_terminal_is_refused);
    return g_test_run();
}
