/* Consoles and channels of a domain, out of xenstore.
 *
 * A console with device id N of domain D has these nodes (Xen's
 * docs/misc/console.txt and channel.txt):
 *
 *   /libxl/D/device/console/N             libxl's own: paths of both ends
 *   /local/domain/D/console               frontend of the primary console, N = 0
 *   /local/domain/D/device/console/N      frontend of any other
 *   /local/domain/0/backend/console/D/N   backend
 *   /local/domain/D/serial/N              emulated serial ports of an HVM domain
 *
 * What the guest could have written is not believed: name, kind and socket come
 * from the backend's nodes. The frontend gives the state, which is the guest's to
 * tell, and the host's end of a pty, which only the host can write.
 *
 * libxl's own list of channels is not used: it counts by position and reads the
 * wrong nodes once a channel was detached.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#include "util/unix_socket.h"
#include "xen/xen_host_libxl.h"

/* How long xenconsoled may take to make the pty of a new domain. */
#define CONSOLE_WAIT_MS 2000
#define CONSOLE_POLL_MS 20

int
xen_store_connect(void)
{
    return unix_socket_connect(xs_daemon_socket(), 0);
}

char *
xen_store_read(struct xs_handle *xs, const char *format, ...)
{
    g_autofree char *path = NULL;
    va_list args;
    char *text, *copy;
    unsigned length;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);

    text = xs_read(xs, XBT_NULL, path, &length);
    copy = g_strdup(text);
    free(text);
    return copy;
}

/* As xen_store_read(), but NULL for an empty node, too. */
static char *
read_filled(struct xs_handle *xs, const char *directory, const char *node)
{
    char *text = xen_store_read(xs, "%s/%s", directory, node);

    if (text && !*text)
        g_clear_pointer(&text, g_free);
    return text;
}

static char *
read_path(struct xs_handle *xs, const XenChannelInfo *channel, const char *libxl,
          const char *frontend, const char *backend)
{
    if (channel->is_pty)
        return read_filled(xs, frontend, "tty");
    if (channel->is_ours)
        return read_filled(xs, libxl, "source/path");
    return read_filled(xs, backend, "path");
}

/* The console's channel, or NULL if it is not one or is being removed. */
static XenChannelInfo *
read_channel(struct xs_handle *xs, guint32 domid, guint devid)
{
    g_autofree char *libxl = g_strdup_printf("/libxl/%u/device/console/%u", domid, devid);
    g_autofree char *frontend = read_filled(xs, libxl, "frontend");
    g_autofree char *backend = read_filled(xs, libxl, "backend");
    g_autofree char *name = backend ? read_filled(xs, backend, "name") : NULL;
    g_autofree char *connection = NULL;
    g_autofree char *state = NULL;
    g_autofree char *source = read_filled(xs, libxl, "source/type");
    XenChannelInfo *channel;

    if (!frontend || !name)
        return NULL;
    connection = read_filled(xs, backend, "connection");
    state = read_filled(xs, backend, "state");

    channel = g_new0(XenChannelInfo, 1);
    channel->devid = devid;
    channel->is_pty = g_strcmp0(connection, "pty") == 0;
    channel->is_ours = source != NULL;
    channel->path = read_path(xs, channel, libxl, frontend, backend);
    channel->name = g_steal_pointer(&name);
    channel->is_connected = state && atoi(state) == XenbusStateConnected;
    return channel;
}

static int
compare_channels(gconstpointer a, gconstpointer b)
{
    const XenChannelInfo *left = *(const XenChannelInfo *const *)a;
    const XenChannelInfo *right = *(const XenChannelInfo *const *)b;

    return left->devid < right->devid ? -1 : left->devid > right->devid;
}

GPtrArray *
xen_store_list_channels(struct xs_handle *xs, guint32 domid)
{
    GPtrArray *channels =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))xen_channel_info_free);
    g_autofree char *path = g_strdup_printf("/libxl/%u/device/console", domid);
    unsigned n_nodes = 0;
    char **nodes = xs_directory(xs, XBT_NULL, path, &n_nodes);

    for (unsigned i = 0; nodes && i < n_nodes; i++) {
        guint64 devid;
        XenChannelInfo *channel;

        if (!g_ascii_string_to_unsigned(nodes[i], 10, 1, G_MAXUINT, &devid, NULL))
            continue; /* the primary console is 0 */
        channel = read_channel(xs, domid, (guint)devid);
        if (channel)
            g_ptr_array_add(channels, channel);
    }
    free(nodes);
    g_ptr_array_sort(channels, compare_channels);
    return channels;
}

static bool
has_primary_console(struct xs_handle *xs, guint32 domid)
{
    g_autofree char *type = xen_store_read(xs, "/local/domain/%u/console/type", domid);

    return type != NULL;
}

/* xenconsoled makes the pty of the primary console when xenstored tells it of
 * the new domain, which takes a moment after libxl has built it. */
static char *
wait_primary_console(struct xs_handle *xs, guint32 domid)
{
    for (int waited = 0; has_primary_console(xs, domid); waited += CONSOLE_POLL_MS) {
        char *tty = xen_store_read(xs, "/local/domain/%u/console/tty", domid);

        if ((tty && *tty) || waited >= CONSOLE_WAIT_MS)
            return tty;
        g_free(tty);
        g_usleep(CONSOLE_POLL_MS * 1000);
    }
    return NULL;
}

char *
xen_store_get_console_path(struct xs_handle *xs, guint32 domid, XenConsoleKind kind, guint index)
{
    g_autofree char *tty = NULL;

    if (kind == XEN_CONSOLE_SERIAL)
        tty = xen_store_read(xs, "/local/domain/%u/serial/%u/tty", domid, index);
    else if (index == 0)
        tty = wait_primary_console(xs, domid);
    return tty && *tty ? g_steal_pointer(&tty) : NULL;
}

void
xen_store_remove_consoles(struct xs_handle *xs, guint32 domid)
{
    g_autofree char *path = g_strdup_printf("/local/domain/0/backend/console/%u", domid);

    if (xs_rm(xs, XBT_NULL, path))
        g_info("removed what was left in xenstore of the consoles of domain %u", domid);
    else if (errno != ENOENT)
        g_warning("cannot remove %s from xenstore: %s", path, g_strerror(errno));
}
