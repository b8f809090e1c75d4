/* Counters of a domain's disks and interfaces on the real host.
 *
 * They are the kernel's, in sysfs: of a disk's backend (blkback), and of the
 * interface that netback makes. A disk that QEMU serves is not counted, nor is what
 * another domain serves.
 *
 *   /libxl/D/device/vbd/N/backend            libxl's own: the path of a backend's nodes
 *   BACKEND/dev                              the disk's target
 *   /sys/bus/xen-backend/devices/vbd-D-N/statistics
 *   /libxl/D/device/vif/N/backend, BACKEND/mac
 *   /sys/class/net/vifD.N/statistics
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

#define SECTOR 512

/* The number in the file @name, or 0. */
static guint64
read_counter(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_ascii_strtoull(text, NULL, 10) : 0;
}

/* Calls @add for each device of @kind ("vbd", "vif") with its id and the path of its
 * backend's nodes. */
typedef void (*DeviceFunc)(struct xs_handle *xs, guint32 domid, const char *id, const char *backend,
                           GPtrArray *stats);

static bool
foreach_device(XenHost *host, guint32 domid, const char *kind, DeviceFunc add, GPtrArray *stats,
               GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    struct xs_handle *xs = xen_host_libxl_get_store(host);
    g_autofree char *directory = g_strdup_printf("/libxl/%u/device/%s", domid, kind);
    unsigned n = 0;
    char **ids;

    if (!context)
        return false;
    if (libxl_domain_info(context->libxl, NULL, domid) == ERROR_DOMAIN_NOTFOUND)
        return xen_host_no_domain(domid, error);
    ids = xs_directory(xs, XBT_NULL, directory, &n);
    for (unsigned i = 0; ids && i < n; i++) {
        g_autofree char *backend = xen_store_read(xs, "%s/%s/backend", directory, ids[i]);

        if (backend)
            add(xs, domid, ids[i], backend, stats);
    }
    free(ids);
    return true;
}

static void
add_block(struct xs_handle *xs, guint32 domid, const char *id, const char *backend, GPtrArray *all)
{
    g_autofree char *directory =
        g_strdup_printf("/sys/bus/xen-backend/devices/vbd-%u-%s/statistics", domid, id);
    g_autofree char *target = xen_store_read(xs, "%s/dev", backend);
    XenBlockStats *stats;

    if (!target || !g_file_test(directory, G_FILE_TEST_IS_DIR))
        return;
    stats = g_new0(XenBlockStats, 1);
    stats->target = g_steal_pointer(&target);
    stats->read_requests = read_counter(directory, "rd_req");
    stats->read_bytes = read_counter(directory, "rd_sect") * SECTOR;
    stats->write_requests = read_counter(directory, "wr_req");
    stats->write_bytes = read_counter(directory, "wr_sect") * SECTOR;
    stats->flush_requests = read_counter(directory, "f_req");
    g_ptr_array_add(all, stats);
}

GPtrArray *
xen_host_libxl_get_block_stats(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(GPtrArray) all =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))xen_block_stats_free);

    return foreach_device(host, domid, "vbd", add_block, all, error) ? g_steal_pointer(&all) : NULL;
}

/* What the host's end receives, the guest has sent. */
static void
add_interface(struct xs_handle *xs, guint32 domid, const char *id, const char *backend,
              GPtrArray *all)
{
    g_autofree char *default_name = g_strdup_printf("vif%u.%s", domid, id);
    g_autofree char *name = xen_store_read(xs, "%s/vifname", backend);
    g_autofree char *directory = NULL;
    XenInterfaceStats *stats;

    if (!name || !*name || strchr(name, '/')) {
        g_free(name);
        name = g_steal_pointer(&default_name);
    }
    directory = g_strdup_printf("/sys/class/net/%s/statistics", name);
    if (!g_file_test(directory, G_FILE_TEST_IS_DIR))
        return;
    stats = g_new0(XenInterfaceStats, 1);
    stats->name = g_steal_pointer(&name);
    stats->mac = xen_store_read(xs, "%s/mac", backend);
    stats->rx_bytes = read_counter(directory, "tx_bytes");
    stats->rx_packets = read_counter(directory, "tx_packets");
    stats->rx_errors = read_counter(directory, "tx_errors");
    stats->rx_dropped = read_counter(directory, "tx_dropped");
    stats->tx_bytes = read_counter(directory, "rx_bytes");
    stats->tx_packets = read_counter(directory, "rx_packets");
    stats->tx_errors = read_counter(directory, "rx_errors");
    stats->tx_dropped = read_counter(directory, "rx_dropped");
    g_ptr_array_add(all, stats);
}

GPtrArray *
xen_host_libxl_get_interface_stats(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(GPtrArray) all =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))xen_interface_stats_free);

    return foreach_device(host, domid, "vif", add_interface, all, error) ? g_steal_pointer(&all)
                                                                         : NULL;
}
