/* Channels that virtxl-channeld serves, made and removed by xenstore alone.
 *
 * A channel is three directories (xen_host_libxl_store.c): libxl's, so that libxl's
 * teardown of the domain takes the other two away, the backend's, and the
 * frontend's. The guest's driver and the backend look the moment a directory
 * appears, so all nodes are written in one transaction and each has its
 * permissions there: what the guest may write (its state, the place of its ring) is
 * the guest's, all else it can at most read. Ours alone is
 *
 *   /libxl/D/device/console/N/source/...  what the host's end is
 *                                         (util/channel_source.h)
 *   /libxl/D/device/console/N/error       why the backend can't serve it
 *
 * The frontend's node "type" says virtxl, so that QEMU and xenconsoled leave it
 * alone.
 *
 * Each call has a connection to xenstored of its own: it waits for watches there,
 * and nobody else's calls wait behind it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#include "util/channeld_socket.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/unix_socket.h"
#include "xen/xen_host_libxl.h"

/* How long the backend may take to open the host's end, and a guest to let go. An
 * emulated machine is slow. */
#define ADD_WAIT_MS    30000
#define REMOVE_WAIT_MS 10000
/* Without a watch firing one looks as well, now and then. */
#define LOOK_MS        1000

#define TRANSACTION_TRIES 100

/* Of what the frontend hasn't taken yet, as libxl has it for every console. */
#define CONSOLE_LIMIT "1048576"

bool
xen_channel_check_backend(const char *root, GError **error)
{
    g_autofree char *path = channeld_socket_get_path(root);
    int fd = unix_socket_connect(path, SOCK_NONBLOCK);
    /* A full queue is a sign of life, too. */
    bool ok = fd >= 0 || errno == EAGAIN;

    if (fd >= 0)
        close(fd);
    return ok || virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                  _("virtxl-channeld does not run (nobody listens at '%s'); start "
                                    "it with 'systemctl start virtxl-channeld', or run it"),
                                  path);
}

/* --- the nodes of a channel ------------------------------------------------ */

static void
node_free(gpointer data)
{
    XenStoreNode *node = data;

    g_free(node->path);
    g_free(node->value);
    g_free(node);
}

/* Adds a node in @directory; without a name, that directory itself. */
static void
add_node(GPtrArray *nodes, XenStoreAccess access, const char *directory, const char *name,
         const char *value)
{
    XenStoreNode *node = g_new0(XenStoreNode, 1);

    node->path = name ? g_strdup_printf("%s/%s", directory, name) : g_strdup(directory);
    node->value = g_strdup(value);
    node->access = access;
    g_ptr_array_add(nodes, node);
}

static const char *
connection_of(const ChannelSource *source)
{
    if (source->type == CHANNEL_SOURCE_PTY)
        return "pty";
    return source->type == CHANNEL_SOURCE_UNIX && source->listen ? "socket" : "virtxl";
}

/* The backend's own; libxl keeps a copy of it in its directory. */
static void
add_backend_nodes(GPtrArray *nodes, XenStoreAccess access, const char *directory, guint32 domid,
                  const char *name, const ChannelSource *source)
{
    g_autofree char *frontend_id = g_strdup_printf("%u", domid);
    const char *connection = connection_of(source);

    add_node(nodes, access, directory, "frontend-id", frontend_id);
    add_node(nodes, access, directory, "online", "1");
    add_node(nodes, access, directory, "state", "1");
    add_node(nodes, access, directory, "protocol", "vt100");
    add_node(nodes, access, directory, "name", name);
    add_node(nodes, access, directory, "connection", connection);
    if (strcmp(connection, "socket") == 0)
        add_node(nodes, access, directory, "path", source->path);
}

static void
add_frontend_nodes(GPtrArray *nodes, const char *directory, const char *backend, guint devid,
                   const char *name, const ChannelSource *source)
{
    g_autofree char *output = source->type == CHANNEL_SOURCE_PTY
                                  ? g_strdup("pty")
                                  : g_strdup_printf("chardev:libxl-channel%u", devid);

    add_node(nodes, XEN_STORE_GUEST, directory, NULL, NULL);
    add_node(nodes, XEN_STORE_GUEST, directory, "backend-id", "0");
    add_node(nodes, XEN_STORE_GUEST, directory, "state", "1");
    add_node(nodes, XEN_STORE_GUEST, directory, "protocol", "vt100");
    /* A guest that could change these would take the host in. */
    add_node(nodes, XEN_STORE_READABLE, directory, "backend", backend);
    add_node(nodes, XEN_STORE_READABLE, directory, "name", name);
    add_node(nodes, XEN_STORE_READABLE, directory, "type", "virtxl");
    add_node(nodes, XEN_STORE_READABLE, directory, "output", output);
    add_node(nodes, XEN_STORE_READABLE, directory, "limit", CONSOLE_LIMIT);
    add_node(nodes, XEN_STORE_READABLE, directory, "tty", "");
}

static void
add_source_nodes(GPtrArray *nodes, const char *libxl, const ChannelSource *source)
{
    g_autofree char *directory = g_strdup_printf("%s/source", libxl);
    g_autoptr(GHashTable) values = channel_source_to_nodes(source);
    GHashTableIter iter;
    gpointer name, value;

    add_node(nodes, XEN_STORE_HOST, directory, NULL, NULL);
    g_hash_table_iter_init(&iter, values);
    while (g_hash_table_iter_next(&iter, &name, &value))
        add_node(nodes, XEN_STORE_HOST, directory, name, value);
}

typedef struct {
    char *libxl;
    char *frontend;
    char *backend;
} Directories;

static void
directories_init(Directories *directories, guint32 domid, guint devid)
{
    directories->libxl = g_strdup_printf("/libxl/%u/device/console/%u", domid, devid);
    directories->frontend = g_strdup_printf("/local/domain/%u/device/console/%u", domid, devid);
    directories->backend = g_strdup_printf("/local/domain/0/backend/console/%u/%u", domid, devid);
}

static void
directories_clear(Directories *directories)
{
    g_free(directories->libxl);
    g_free(directories->frontend);
    g_free(directories->backend);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Directories, directories_clear)

GPtrArray *
xen_channel_build_nodes(guint32 domid, guint devid, const char *name, const ChannelSource *source)
{
    GPtrArray *nodes = g_ptr_array_new_with_free_func(node_free);
    g_auto(Directories) directories = {0};

    directories_init(&directories, domid, devid);
    add_node(nodes, XEN_STORE_HOST, directories.libxl, NULL, NULL);
    add_node(nodes, XEN_STORE_HOST, directories.libxl, "frontend", directories.frontend);
    add_node(nodes, XEN_STORE_HOST, directories.libxl, "backend", directories.backend);
    add_backend_nodes(nodes, XEN_STORE_HOST, directories.libxl, domid, name, source);
    add_source_nodes(nodes, directories.libxl, source);
    add_node(nodes, XEN_STORE_READABLE, directories.backend, NULL, NULL);
    add_node(nodes, XEN_STORE_READABLE, directories.backend, "frontend", directories.frontend);
    add_backend_nodes(nodes, XEN_STORE_READABLE, directories.backend, domid, name, source);
    add_frontend_nodes(nodes, directories.frontend, directories.backend, devid, name, source);
    return nodes;
}

/* --- transactions ---------------------------------------------------------- */

/* What a transaction is about. */
typedef struct {
    struct xs_handle *xs;
    guint32 domid;
    const Directories *directories;
    GPtrArray *nodes; /* of XenStoreNode, to write */
    const char *online;
} Change;

/* False, and errno set, if it can't be done. */
typedef bool (*ChangeFunc)(const Change *change, xs_transaction_t transaction);

/* Calls @func again where somebody else was faster, but a guest that changes its nodes
 * all the time can't hold us up for ever. Errno is set on failure. */
static bool
transact(const Change *change, ChangeFunc func)
{
    for (int i = 0; i < TRANSACTION_TRIES; i++) {
        xs_transaction_t transaction = xs_transaction_start(change->xs);
        bool ok;
        int saved;

        if (transaction == XBT_NULL)
            return false;
        ok = func(change, transaction);
        saved = errno;
        if (xs_transaction_end(change->xs, transaction, !ok) && ok)
            return true;
        if (!ok) {
            errno = saved;
            return false;
        }
        if (errno != EAGAIN)
            return false;
    }
    return false;
}

static bool
node_exists(const Change *change, xs_transaction_t transaction, const char *path)
{
    unsigned length;
    char *value = xs_read(change->xs, transaction, path, &length);

    free(value);
    return value != NULL;
}

static bool
write_node(const Change *change, xs_transaction_t transaction, const XenStoreNode *node)
{
    struct xs_permissions permissions[2] = {{0, XS_PERM_NONE}, {change->domid, XS_PERM_READ}};
    unsigned n_permissions = node->access == XEN_STORE_HOST ? 1 : 2;

    /* The first one says whose it is. */
    if (node->access == XEN_STORE_GUEST) {
        permissions[0].id = change->domid;
        permissions[1].id = 0;
    }
    if (node->value ? !xs_write(change->xs, transaction, node->path, node->value,
                                (unsigned)strlen(node->value))
                    : !xs_mkdir(change->xs, transaction, node->path))
        return false;
    return xs_set_permissions(change->xs, transaction, node->path, permissions, n_permissions);
}

static bool
write_nodes(const Change *change, xs_transaction_t transaction)
{
    g_autofree char *domain = g_strdup_printf("/local/domain/%u", change->domid);

    /* To write for a domain that has gone would leave the nodes for ever. */
    if (!node_exists(change, transaction, domain))
        return false;
    if (node_exists(change, transaction, change->directories->libxl)) {
        errno = EEXIST;
        return false;
    }
    for (guint i = 0; i < change->nodes->len; i++) {
        if (!write_node(change, transaction, change->nodes->pdata[i]))
            return false;
    }
    return true;
}

static bool
remove_nodes(const Change *change, xs_transaction_t transaction)
{
    const char *const paths[] = {change->directories->frontend, change->directories->backend,
                                 change->directories->libxl};

    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        if (!xs_rm(change->xs, transaction, paths[i]) && errno != ENOENT)
            return false;
    }
    return true;
}

/* The state is the backend's to change: it lets go of the ring first. */
static bool
set_online(const Change *change, xs_transaction_t transaction)
{
    g_autofree char *path = g_strdup_printf("%s/online", change->directories->backend);

    return node_exists(change, transaction, path) &&
           xs_write(change->xs, transaction, path, change->online, 1);
}

/* --- waiting --------------------------------------------------------------- */

/* Returns true when it need not be waited any more. */
typedef bool (*ConditionFunc)(const Change *change);

static void
drain_firings(struct xs_handle *xs)
{
    char **firing;

    while ((firing = xs_check_watch(xs)))
        free(firing);
}

static bool
wait_until(const Change *change, ConditionFunc condition, guint limit_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)limit_ms * 1000;
    struct pollfd fd = {.fd = xs_fileno(change->xs), .events = POLLIN};

    while (!condition(change)) {
        gint64 left_ms = (deadline - g_get_monotonic_time()) / 1000;

        if (left_ms <= 0)
            return false;
        poll(&fd, 1, (int)MIN(left_ms, LOOK_MS));
        drain_firings(change->xs);
    }
    return true;
}

static bool
watch(struct xs_handle *xs, const char *path, GError **error)
{
    return xs_watch(xs, path, "channel") ||
           virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot watch xenstore: %s"),
                            g_strerror(errno));
}

static int
read_state(struct xs_handle *xs, const char *directory)
{
    g_autofree char *state = xen_store_read(xs, "%s/state", directory);

    return state ? atoi(state) : XenbusStateUnknown;
}

static char *
read_error(const Change *change)
{
    return xen_store_read(change->xs, "%s/error", change->directories->libxl);
}

/* The backend serves it, or has said why it can't, or the domain has gone. */
static bool
is_decided(const Change *change)
{
    g_autofree char *reason = read_error(change);

    return reason ||
           read_state(change->xs, change->directories->backend) != XenbusStateInitialising;
}

static bool
is_released(const Change *change)
{
    int state = read_state(change->xs, change->directories->frontend);

    return state == XenbusStateClosed || state == XenbusStateUnknown;
}

/* --- add ------------------------------------------------------------------- */

static bool
set_write_error(guint32 domid, guint devid, GError **error)
{
    if (errno == ENOENT)
        return xen_host_no_domain(domid, error);
    return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                            _("domain %u: the nodes of device id %u can't be changed in xenstore: "
                              "%s"),
                            domid, devid, g_strerror(errno));
}

/* Waits until the backend serves what was written. */
static bool
wait_served(const Change *change, GError **error)
{
    g_autofree char *reason = NULL;
    int state;

    if (!watch(change->xs, change->directories->backend, error) ||
        !watch(change->xs, change->directories->libxl, error))
        return false;
    wait_until(change, is_decided, ADD_WAIT_MS);
    reason = read_error(change);
    if (reason)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, "%s", reason);
    state = read_state(change->xs, change->directories->backend);
    if (state == XenbusStateInitialising)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("virtxl-channeld did not answer within %d seconds"),
                                ADD_WAIT_MS / 1000);
    if (state == XenbusStateUnknown)
        return xen_host_no_domain(change->domid, error);
    if (state >= XenbusStateClosing)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("virtxl-channeld does not serve it"));
    return true;
}

static bool
add_channel(Change *change, guint devid, GError **error)
{
    if (!transact(change, write_nodes))
        return set_write_error(change->domid, devid, error);
    if (wait_served(change, error))
        return true;
    if (!transact(change, remove_nodes))
        g_warning("domain %u: what is left of device id %u can't be removed from xenstore: %s",
                  change->domid, devid, g_strerror(errno));
    return false;
}

static struct xs_handle *
open_store(GError **error)
{
    struct xs_handle *xs = xs_open(0);

    if (!xs)
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot reach xenstored: %s"),
                         g_strerror(errno));
    return xs;
}

bool
xen_channel_add(guint32 domid, guint devid, const char *name, const ChannelSource *source,
                GError **error)
{
    g_auto(Directories) directories = {0};
    g_autoptr(GPtrArray) nodes = xen_channel_build_nodes(domid, devid, name, source);
    Change change = {open_store(error), domid, &directories, nodes, NULL};
    bool ok;

    if (!change.xs)
        return false;
    directories_init(&directories, domid, devid);
    ok = add_channel(&change, devid, error);
    xs_close(change.xs);
    return ok;
}

/* --- remove ---------------------------------------------------------------- */

static bool
write_online(Change *change, guint devid, const char *online, GError **error)
{
    change->online = online;
    return transact(change, set_online) || set_write_error(change->domid, devid, error);
}

/* Has the guest let go of it? No driver of a guest may ever have taken it; to wait for
 * one in vain would keep it for ever. */
static bool
wait_released(const Change *change, guint devid, bool force, GError **error)
{
    if (wait_until(change, is_released, REMOVE_WAIT_MS) || force ||
        read_state(change->xs, change->directories->frontend) == XenbusStateInitialising)
        return true;
    return virtxl_error_set(error, VIR_ERR_OPERATION_TIMEOUT,
                            _("domain %u: the guest does not let go of device id %u"),
                            change->domid, devid);
}

/* What can't be removed goes on. */
static bool
remove_channel(Change *change, guint devid, bool force, GError **error)
{
    g_autoptr(GError) detail = NULL;

    if (!watch(change->xs, change->directories->frontend, error) ||
        !write_online(change, devid, "0", error))
        return false;
    if (wait_released(change, devid, force, error) &&
        (transact(change, remove_nodes) || set_write_error(change->domid, devid, error)))
        return true;
    if (!write_online(change, devid, "1", &detail))
        g_warning("%s", detail->message);
    return false;
}

bool
xen_channel_remove(guint32 domid, guint devid, bool force, GError **error)
{
    g_auto(Directories) directories = {0};
    Change change = {open_store(error), domid, &directories, NULL, NULL};
    bool ok;

    if (!change.xs)
        return false;
    directories_init(&directories, domid, devid);
    ok = remove_channel(&change, devid, force, error);
    xs_close(change.xs);
    return ok;
}
