/* The host's memory beyond how much of it is free. See libxl_driver_host.h.
 *
 * Xen has no pool of huge pages: it hands out pages of 4 KiB, and joins them where it can.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_host.h"
#include "libxl/libxl_driver_state.h"
#include "util/error.h"
#include "util/i18n.h"

#define PAGE_KIB 4

/* Of @cell, or of all cells together. */
static bool
sum_up(const GArray *nodes, int cell, XenNodeMemory *sum, GError **error)
{
    if (cell < VIR_NODE_MEMORY_STATS_ALL_CELLS || cell >= (int)nodes->len)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("no NUMA node %d: the host has %u of them"), cell, nodes->len);
    *sum = (XenNodeMemory){0};
    for (int i = 0; i < (int)nodes->len; i++) {
        const XenNodeMemory *node = &g_array_index(nodes, XenNodeMemory, i);

        if (cell != VIR_NODE_MEMORY_STATS_ALL_CELLS && cell != i)
            continue;
        sum->size_kib += node->size_kib;
        sum->free_kib += node->free_kib;
    }
    return true;
}

bool
libxl_driver_node_get_memory_stats(LibxlDriver *driver, int cell, guint flags, XenNodeMemory *sum,
                                   GError **error)
{
    g_autoptr(GArray) nodes = NULL;

    return libxl_driver_check_flags(flags, 0, "virNodeGetMemoryStats", error) &&
           (nodes = driver->host->ops->list_nodes(driver->host, error)) &&
           sum_up(nodes, cell, sum, error);
}

static bool
check_page_sizes(const guint *sizes_kib, guint n, GError **error)
{
    for (guint i = 0; i < n; i++) {
        if (sizes_kib[i] != PAGE_KIB)
            return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                    _("there are no pages of %u KiB, only of %d KiB"), sizes_kib[i],
                                    PAGE_KIB);
    }
    return true;
}

GArray *
libxl_driver_node_get_free_pages(LibxlDriver *driver, const guint *sizes_kib, guint n, int first,
                                 guint cells, guint flags, GError **error)
{
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GArray) nodes = NULL;

    if (!libxl_driver_check_flags(flags, 0, "virNodeGetFreePages", error) ||
        !check_page_sizes(sizes_kib, n, error) ||
        !(nodes = driver->host->ops->list_nodes(driver->host, error)))
        return NULL;
    for (guint i = 0; i < cells; i++) {
        XenNodeMemory node;
        guint64 count;

        if (!sum_up(nodes, first < 0 || i > G_MAXINT - (guint)first ? G_MAXINT : first + (int)i,
                    &node, error))
            return NULL;
        count = node.free_kib / PAGE_KIB;
        for (guint j = 0; j < n; j++)
            g_array_append_val(counts, count);
    }
    return g_steal_pointer(&counts);
}
