/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/channeld_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"
#include "util/unix_socket.h"

/* Of an answer; thousands of channels fit. */
#define ANSWER_MAX (64 * 1024 * 1024)

char *
channeld_socket_get_path(const char *root)
{
    return g_strconcat(root, "/run/virtxl/channeld.sock", NULL);
}

/* 0 when it has passed. */
static int
get_milliseconds_until(gint64 deadline)
{
    gint64 left = deadline - g_get_monotonic_time();

    return left > 0 ? (int)((left + 999) / 1000) : 0;
}

/* Appends the next bytes. Returns how many, 0 at the end, or -1 and errno; ETIMEDOUT
 * after @deadline. */
static gssize
read_some(int fd, gint64 deadline, GByteArray *bytes)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    guint8 part[65536];
    gssize n;

    for (;;) {
        int left = get_milliseconds_until(deadline);

        if (left == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (poll(&readable, 1, left) <= 0)
            continue;
        n = recv(fd, part, sizeof(part), MSG_DONTWAIT);
        if (n > 0)
            g_byte_array_append(bytes, part, (guint)n);
        if (n >= 0 || (errno != EAGAIN && errno != EINTR))
            return n;
    }
}

static bool
read_answer(int fd, const char *path, gint64 deadline, GByteArray *bytes, GError **error)
{
    gssize n;

    do
        n = read_some(fd, deadline, bytes);
    while (n > 0 && bytes->len < ANSWER_MAX);
    if (n == 0)
        return true;
    if (n < 0 && errno == ETIMEDOUT)
        return virtxl_error_set(error, VIR_ERR_OPERATION_TIMEOUT,
                                _("virtxl-channeld does not answer in time at '%s'"), path);
    return virtxl_error_set(error, VIR_ERR_NO_CONNECT, _("the answer from '%s' broke off"), path);
}

char *
channeld_socket_ask(const char *path, guint timeout_ms, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    int fd = unix_socket_connect(path, SOCK_NONBLOCK);
    bool ok;

    if (fd < 0) {
        virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                         _("virtxl-channeld does not answer at '%s': %s; start it with "
                           "'systemctl start virtxl-channeld'"),
                         path, g_strerror(errno));
        return NULL;
    }
    ok = read_answer(fd, path, deadline, bytes, error);
    close(fd);
    if (!ok)
        return NULL;
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    return (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
}
