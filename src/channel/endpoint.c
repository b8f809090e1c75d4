/* The common parts of endpoints, and the one that needs no file of its own: null, which
 * takes all and gives nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/endpoint.h"

#include "channel/endpoint_private.h"

static const EndpointOps *const all_ops[] = {
    [CHANNEL_SOURCE_NULL] = &endpoint_null_ops,  [CHANNEL_SOURCE_PTY] = &endpoint_pty_ops,
    [CHANNEL_SOURCE_DEV] = &endpoint_pipe_ops,   [CHANNEL_SOURCE_FILE] = &endpoint_file_ops,
    [CHANNEL_SOURCE_PIPE] = &endpoint_pipe_ops,  [CHANNEL_SOURCE_UDP] = &endpoint_udp_ops,
    [CHANNEL_SOURCE_TCP] = &endpoint_socket_ops, [CHANNEL_SOURCE_UNIX] = &endpoint_socket_ops,
};

/* A device that can't be polled, such as a tape, would block: a thread writes it, as a file,
 * and nobody reads it. */
static const EndpointOps *
choose_ops(const ChannelSource *source, const EndpointContext *context)
{
    bool is_written_only = source->type == CHANNEL_SOURCE_DEV && !context->file->can_poll;

    return is_written_only ? &endpoint_file_ops : all_ops[source->type];
}

static void
close_endpoint(Endpoint *endpoint, bool forget)
{
    if (!endpoint)
        return;
    endpoint->ops->close(endpoint, forget);
    if (endpoint->change_source)
        g_source_remove(endpoint->change_source);
    endpoint_set_always_ready(endpoint, false);
    g_free(endpoint->label);
    g_free(endpoint->id);
    g_free(endpoint);
}

Endpoint *
endpoint_new(const ChannelSource *source, const EndpointContext *context,
             const EndpointCallbacks *callbacks, gpointer user_data, GError **error)
{
    const EndpointOps *ops = choose_ops(source, context);
    Endpoint *endpoint = g_malloc0(ops->size);

    endpoint->ops = ops;
    endpoint->callbacks = *callbacks;
    endpoint->user_data = user_data;
    endpoint->label = g_strdup(context->label);
    endpoint->id = g_strdup(source->id);
    endpoint->fd_store = context->fd_store;
    if (ops->open(endpoint, source, context, error))
        return endpoint;
    endpoint_free(endpoint);
    return NULL;
}

void
endpoint_free(Endpoint *endpoint)
{
    close_endpoint(endpoint, true);
}

void
endpoint_abandon(Endpoint *endpoint)
{
    close_endpoint(endpoint, false);
}

void
endpoint_close_door(Endpoint *endpoint)
{
    if (endpoint->ops->close_door)
        endpoint->ops->close_door(endpoint);
}

void
endpoint_want(Endpoint *endpoint, bool input, bool output)
{
    endpoint->want_input = input;
    endpoint->want_output = output;
    endpoint->ops->want(endpoint);
}

gsize
endpoint_read(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    gsize n;

    if (endpoint->is_dry || endpoint_get_size(iov, n_iov) == 0)
        return 0;
    n = endpoint->ops->read(endpoint, iov, n_iov);
    endpoint->is_dry = n == 0;
    return n;
}

gsize
endpoint_write(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    return endpoint_get_size(iov, n_iov) > 0 ? endpoint->ops->write(endpoint, iov, n_iov) : 0;
}

gsize
endpoint_settle(Endpoint *endpoint, guint wait_ms)
{
    return endpoint->ops->settle ? endpoint->ops->settle(endpoint, wait_ms) : 0;
}

bool
endpoint_get_file_size(const Endpoint *endpoint, guint64 *size)
{
    *size = endpoint->ops->get_file_size ? endpoint->ops->get_file_size(endpoint) : 0;
    return endpoint->ops->get_file_size != NULL;
}

bool
endpoint_is_connected(const Endpoint *endpoint)
{
    return !endpoint->ops->is_connected || endpoint->ops->is_connected(endpoint);
}

guint
endpoint_get_client_pid(const Endpoint *endpoint)
{
    return endpoint->ops->get_client_pid ? endpoint->ops->get_client_pid(endpoint) : 0;
}

guint64
endpoint_get_client_count(const Endpoint *endpoint)
{
    return endpoint->client_count;
}

const char *
endpoint_get_pty(const Endpoint *endpoint)
{
    return endpoint->ops->get_pty ? endpoint->ops->get_pty(endpoint) : NULL;
}

static gboolean
on_change(gpointer user_data)
{
    Endpoint *endpoint = user_data;

    endpoint->change_source = 0;
    endpoint->is_dry = false;
    endpoint->callbacks.changed(endpoint->user_data);
    return G_SOURCE_REMOVE;
}

void
endpoint_tell_change(Endpoint *endpoint, bool came)
{
    endpoint->client_count += came;
    if (!endpoint->change_source)
        endpoint->change_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_change, endpoint, NULL);
}

void
endpoint_tell_ready(Endpoint *endpoint)
{
    endpoint->is_dry = false;
    endpoint->callbacks.ready(endpoint->user_data);
}

static gboolean
on_always_ready(gpointer user_data)
{
    endpoint_tell_ready(user_data);
    return G_SOURCE_CONTINUE;
}

void
endpoint_set_always_ready(Endpoint *endpoint, bool on)
{
    if (on && !endpoint->ready_source) {
        endpoint->ready_source =
            g_idle_add_full(G_PRIORITY_DEFAULT, on_always_ready, endpoint, NULL);
    } else if (!on && endpoint->ready_source) {
        g_source_remove(endpoint->ready_source);
        endpoint->ready_source = 0;
    }
}

int
endpoint_take_fd(Endpoint *endpoint, const char *what)
{
    return endpoint->fd_store ? fd_store_take(endpoint->fd_store, endpoint->id, what) : -1;
}

void
endpoint_keep_fd(Endpoint *endpoint, const char *what, int fd)
{
    if (endpoint->fd_store)
        fd_store_keep(endpoint->fd_store, endpoint->id, what, fd);
}

void
endpoint_forget_fd(Endpoint *endpoint, const char *what)
{
    if (endpoint->fd_store)
        fd_store_forget(endpoint->fd_store, endpoint->id, what);
}

gsize
endpoint_count(gssize result)
{
    return result > 0 ? (gsize)result : 0;
}

gsize
endpoint_get_size(const struct iovec *iov, int n_iov)
{
    gsize size = 0;

    for (int i = 0; i < n_iov; i++)
        size += iov[i].iov_len;
    return size;
}

static bool
null_open(Endpoint *endpoint, const ChannelSource *source, const EndpointContext *context,
          GError **error)
{
    return true;
}

static void
null_close(Endpoint *endpoint, bool forget)
{
}

static void
null_want(Endpoint *endpoint)
{
    endpoint_set_always_ready(endpoint, endpoint->want_output);
}

static gsize
null_read(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    return 0;
}

static gsize
null_write(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    return endpoint_get_size(iov, n_iov);
}

const EndpointOps endpoint_null_ops = {
    .size = sizeof(Endpoint),
    .open = null_open,
    .close = null_close,
    .want = null_want,
    .read = null_read,
    .write = null_write,
};
