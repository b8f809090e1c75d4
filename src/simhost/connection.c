/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/connection.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct SimConnection {
    int fd;
    const SimConnectionCallbacks *callbacks;
    gpointer user_data;
    GByteArray *in;
    gsize scanned; /* of in: there is no newline up to here */
    GByteArray *out;
    bool is_over;
    guint source;
    GIOCondition condition; /* that the source waits for */
};

static gboolean on_ready(int fd, GIOCondition condition, gpointer user_data);
static gboolean on_over(gpointer user_data);

/* From now on the connection waits only for its end. */
static void
end_connection(SimConnection *connection, const char *why)
{
    if (connection->is_over)
        return;
    if (why)
        g_warning("dropping a client: %s", why);
    connection->is_over = true;
    if (connection->source)
        g_source_remove(connection->source);
    connection->source = g_idle_add(on_over, connection);
}

static gboolean
on_over(gpointer user_data)
{
    SimConnection *connection = user_data;

    connection->source = 0;
    connection->callbacks->closed(connection, connection->user_data);
    return G_SOURCE_REMOVE;
}

static void
watch(SimConnection *connection)
{
    GIOCondition condition = G_IO_IN | G_IO_HUP | G_IO_ERR;

    if (connection->out->len > 0)
        condition |= G_IO_OUT;
    if (connection->is_over || (connection->source && connection->condition == condition))
        return;
    if (connection->source)
        g_source_remove(connection->source);
    connection->condition = condition;
    connection->source = g_unix_fd_add(connection->fd, condition, on_ready, connection);
}

static void
handle_lines(SimConnection *connection)
{
    guint8 *start = connection->in->data;
    guint8 *end = start + connection->in->len;
    guint8 *newline =
        memchr(start + connection->scanned, '\n', connection->in->len - connection->scanned);

    for (; newline && !connection->is_over; newline = memchr(start, '\n', (gsize)(end - start))) {
        *newline = '\0';
        connection->callbacks->line(connection, (const char *)start, (gsize)(newline - start),
                                    connection->user_data);
        start = newline + 1;
    }
    if (start > connection->in->data)
        g_byte_array_remove_range(connection->in, 0, (guint)(start - connection->in->data));
    connection->scanned = connection->in->len;
    if (connection->in->len > SIM_MAX_LINE)
        end_connection(connection, "its line is too long");
}

static void
receive(SimConnection *connection)
{
    guint8 chunk[65536];
    gssize n = recv(connection->fd, chunk, sizeof(chunk), 0);

    if (n > 0) {
        g_byte_array_append(connection->in, chunk, (guint)n);
        handle_lines(connection);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        end_connection(connection, NULL);
    }
}

void
sim_connection_flush(SimConnection *connection)
{
    gssize n;

    if (connection->is_over || connection->out->len == 0)
        return;
    n = send(connection->fd, connection->out->data, connection->out->len, MSG_NOSIGNAL);
    if (n > 0)
        g_byte_array_remove_range(connection->out, 0, (guint)n);
    else if (errno != EAGAIN && errno != EINTR)
        end_connection(connection, NULL);
    watch(connection);
}

static gboolean
on_ready(int fd, GIOCondition condition, gpointer user_data)
{
    SimConnection *connection = user_data;
    guint source = connection->source;

    if (condition & G_IO_OUT)
        sim_connection_flush(connection);
    if (!connection->is_over && (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)))
        receive(connection);
    watch(connection);
    return connection->source == source ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

SimConnection *
sim_connection_new(int fd, const SimConnectionCallbacks *callbacks, gpointer user_data)
{
    SimConnection *connection = g_new0(SimConnection, 1);

    connection->fd = fd;
    connection->callbacks = callbacks;
    connection->user_data = user_data;
    connection->in = g_byte_array_new();
    connection->out = g_byte_array_new();
    watch(connection);
    return connection;
}

void
sim_connection_free(SimConnection *connection)
{
    if (!connection)
        return;
    if (connection->source)
        g_source_remove(connection->source);
    close(connection->fd);
    g_byte_array_unref(connection->in);
    g_byte_array_unref(connection->out);
    g_free(connection);
}

void
sim_connection_send(SimConnection *connection, const char *text)
{
    if (connection->is_over)
        return;
    g_byte_array_append(connection->out, (const guint8 *)text, (guint)strlen(text));
    g_byte_array_append(connection->out, (const guint8 *)"\n", 1);
    if (connection->out->len > SIM_MAX_OUTPUT)
        end_connection(connection, "it does not read its replies");
    else
        sim_connection_flush(connection);
}

bool
sim_connection_is_hung_up(const SimConnection *connection)
{
    struct pollfd entry = {.fd = connection->fd, .events = POLLRDHUP};

    return connection->is_over || poll(&entry, 1, 0) != 0;
}

gint64
sim_connection_get_pid(const SimConnection *connection)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    return peer.pid;
}
