/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/host_xen_nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

/* Nodes of a source that are read at most. */
#define SOURCE_NODES_MAX  64
/* A guest that changes its own directory all the time can't hold us up for ever. */
#define TRANSACTION_TRIES 100

typedef struct {
    struct xs_handle *xs;
    bool failed; /* one of the accesses so far, and not because nothing is there */
} Reader;

/* --- reading ----------------------------------------------------------------- */

/* Returns a new string, or NULL. */
static char *G_GNUC_PRINTF(2, 3) read_node(Reader *reader, const char *format, ...)
{
    g_autofree char *path = NULL;
    unsigned length;
    va_list args;
    char *text, *copy;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    text = xs_read(reader->xs, XBT_NULL, path, &length);
    reader->failed |= !text && errno != ENOENT;
    copy = g_strdup(text);
    free(text);
    return copy;
}

bool
host_xen_nodes_parse_number(const char *text, guint64 max, guint64 *number)
{
    return text && g_ascii_string_to_unsigned(text, 10, 0, max, number, NULL);
}

static GHashTable *
read_source(Reader *reader, guint32 domid, guint devid)
{
    g_autofree char *path = g_strdup_printf("/libxl/%u/device/console/%u/source", domid, devid);
    unsigned n_names = 0;
    char **names = xs_directory(reader->xs, XBT_NULL, path, &n_names);
    GHashTable *nodes;

    reader->failed |= !names && errno != ENOENT;
    if (!names || n_names == 0 || n_names > SOURCE_NODES_MAX) {
        free(names);
        return NULL;
    }
    nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (unsigned i = 0; i < n_names; i++) {
        char *value = read_node(reader, "%s/%s", path, names[i]);

        if (value)
            g_hash_table_insert(nodes, g_strdup(names[i]), value);
    }
    free(names);
    return nodes;
}

HostXenPresence
host_xen_nodes_read_identity(struct xs_handle *xs, guint32 domid, guint devid, ChannelView **view)
{
    Reader reader = {.xs = xs};
    g_autoptr(ChannelView) found = g_new0(ChannelView, 1);

    found->domid = domid;
    found->devid = devid;
    found->source = read_source(&reader, domid, devid);
    found->name = read_node(&reader, HOST_XEN_BACKENDS "/%u/%u/name", domid, devid);
    found->domain_name = read_node(&reader, "/local/domain/%u/name", domid);
    if (!found->domain_name)
        found->domain_name = g_strdup("");
    if (reader.failed)
        return HOST_XEN_IS_UNKNOWN;
    if (!found->source || !found->name)
        return HOST_XEN_IS_ABSENT;
    *view = g_steal_pointer(&found);
    return HOST_XEN_IS_THERE;
}

HostXenPresence
host_xen_nodes_find_again(struct xs_handle *xs, const ChannelView *view)
{
    Reader reader = {.xs = xs};
    g_autofree char *id =
        read_node(&reader, "/libxl/%u/device/console/%u/source/id", view->domid, view->devid);
    g_autofree char *frontend =
        read_node(&reader, HOST_XEN_BACKENDS "/%u/%u/frontend", view->domid, view->devid);

    if (reader.failed)
        return HOST_XEN_IS_UNKNOWN;
    return id && frontend && g_strcmp0(id, g_hash_table_lookup(view->source, "id")) == 0
               ? HOST_XEN_IS_THERE
               : HOST_XEN_IS_ABSENT;
}

static int
read_state(Reader *reader, const char *directory)
{
    g_autofree char *text = read_node(reader, "%s/state", directory);
    guint64 state = XenbusStateUnknown;

    host_xen_nodes_parse_number(text, XenbusStateReconfigured, &state);
    return (int)state;
}

static void
read_ring(Reader *reader, const char *frontend, ChannelView *view)
{
    g_autofree char *ref = read_node(reader, "%s/ring-ref", frontend);
    g_autofree char *port = read_node(reader, "%s/port", frontend);
    guint64 numbers[2];

    view->has_ring = host_xen_nodes_parse_number(ref, G_MAXUINT32, &numbers[0]) &&
                     host_xen_nodes_parse_number(port, G_MAXUINT32, &numbers[1]);
    view->ring_ref = view->has_ring ? (guint32)numbers[0] : 0;
    view->port = view->has_ring ? (guint32)numbers[1] : 0;
}

bool
host_xen_nodes_read_states(struct xs_handle *xs, ChannelView *view)
{
    Reader reader = {.xs = xs};
    g_autofree char *backend =
        g_strdup_printf(HOST_XEN_BACKENDS "/%u/%u", view->domid, view->devid);
    g_autofree char *frontend =
        g_strdup_printf("/local/domain/%u/device/console/%u", view->domid, view->devid);
    g_autofree char *online = read_node(&reader, "%s/online", backend);

    view->online = g_strcmp0(online, "1") == 0;
    view->backend_state = read_state(&reader, backend);
    /* The state first: what is written before it is there then. */
    view->frontend_state = read_state(&reader, frontend);
    read_ring(&reader, frontend, view);
    return !reader.failed;
}

/* --- writing ----------------------------------------------------------------- */

static char *
make_directory(guint32 domid, guint devid, HostXenNode node)
{
    switch (node) {
    case HOST_XEN_BACKEND_STATE:
        return g_strdup_printf(HOST_XEN_BACKENDS "/%u/%u", domid, devid);
    case HOST_XEN_FRONTEND_TTY:
        return g_strdup_printf("/local/domain/%u/device/console/%u", domid, devid);
    case HOST_XEN_ERROR:
        break;
    }
    return g_strdup_printf("/libxl/%u/device/console/%u", domid, devid);
}

static HostXenPresence
look_for(struct xs_handle *xs, xs_transaction_t transaction, const char *path)
{
    unsigned length;
    char *text = xs_read(xs, transaction, path, &length);

    if (!text)
        return errno == ENOENT ? HOST_XEN_IS_ABSENT : HOST_XEN_IS_UNKNOWN;
    free(text);
    return HOST_XEN_IS_THERE;
}

/* To write a node makes its directories, too: one that is being removed must not
 * come back. A frontend's directory is the guest's to remove, so what tells is the
 * backend's. */
static bool
write_in_transaction(struct xs_handle *xs, xs_transaction_t transaction, const char *alive,
                     const char *directory, const char *path, const char *value)
{
    HostXenPresence presence = look_for(xs, transaction, alive);

    if (presence == HOST_XEN_IS_THERE)
        presence = look_for(xs, transaction, directory);
    if (presence != HOST_XEN_IS_THERE)
        return presence == HOST_XEN_IS_ABSENT;
    if (!value)
        return xs_rm(xs, transaction, path) || errno == ENOENT;
    return xs_write(xs, transaction, path, value, strlen(value));
}

bool
host_xen_nodes_write(struct xs_handle *xs, guint32 domid, guint devid, HostXenNode node,
                     const char *value)
{
    static const char *const names[] = {"state", "tty", "error"};
    g_autofree char *alive = g_strdup_printf(HOST_XEN_BACKENDS "/%u/%u/frontend", domid, devid);
    g_autofree char *directory = make_directory(domid, devid, node);
    g_autofree char *path = g_strdup_printf("%s/%s", directory, names[node]);
    int tries = 0;
    bool ok;

    do {
        xs_transaction_t transaction = xs_transaction_start(xs);
        int code;

        if (transaction == XBT_NULL)
            return false;
        ok = write_in_transaction(xs, transaction, alive, directory, path, value);
        code = errno;
        if (!xs_transaction_end(xs, transaction, !ok))
            ok = false;
        else if (!ok)
            errno = code; /* why it was given up */
    } while (!ok && errno == EAGAIN && ++tries < TRANSACTION_TRIES);
    return ok;
}
