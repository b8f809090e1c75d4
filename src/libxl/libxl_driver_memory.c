/* Memory: a domain's, and what the host has left. See libxl_driver_tune.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_change.h"
#include "libxl/libxl_driver_tune.h"
#include "libxl/libxl_params.h"
#include "util/error.h"
#include "util/i18n.h"

#define KIB 1024

/* What fits into bytes that are counted with a sign, as Xen's are. */
#define MEMORY_MAX_KIB (G_MAXINT64 / KIB)

static bool
edit_memory(LibxlDriver *driver, DomainDef *def, gconstpointer data, GError **error)
{
    guint64 kib = *(const guint64 *)data;

    if (kib > def->memory_max)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("domain '%s': cannot set memory higher than max memory, which "
                                  "is %llu KiB"),
                                def->name, (unsigned long long)def->memory_max);
    def->memory = kib;
    return true;
}

static bool
act_memory(LibxlDriver *driver, const DomainDef *live, gconstpointer data, GError **error)
{
    return driver->host->ops->set_memory(driver->host, (guint32)live->id, *(const guint64 *)data,
                                         error);
}

static void
tell_memory(LibxlDriver *driver, LibxlDomain *domain, guint flags, gconstpointer data)
{
    if (flags & VIR_DOMAIN_AFFECT_LIVE)
        libxl_driver_emit_event(driver, domain,
                                (LibxlDriverEvent){.id = VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE,
                                                   .kib = *(const guint64 *)data});
}

static bool
edit_maximum(LibxlDriver *driver, DomainDef *def, gconstpointer data, GError **error)
{
    def->memory_max = *(const guint64 *)data;
    def->memory = MIN(def->memory, def->memory_max);
    return true;
}

/* Below what the guest has now, Xen refuses it. */
static bool
act_maximum(LibxlDriver *driver, const DomainDef *live, gconstpointer data, GError **error)
{
    return driver->host->ops->set_max_memory(driver->host, (guint32)live->id,
                                             *(const guint64 *)data, error);
}

bool
libxl_driver_domain_set_memory(LibxlDriver *driver, const guint8 *uuid, guint64 kib, guint flags,
                               GError **error)
{
    static const LibxlChange memory = {edit_memory, act_memory, tell_memory};
    static const LibxlChange maximum = {.edit = edit_maximum, .act = act_maximum};

    if (!libxl_driver_check_flags(
            flags, VIR_DOMAIN_MEM_LIVE | VIR_DOMAIN_MEM_CONFIG | VIR_DOMAIN_MEM_MAXIMUM,
            "virDomainSetMemoryFlags", error))
        return false;
    if (kib == 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("a domain has some memory"));
    if (kib > MEMORY_MAX_KIB)
        return virtxl_error_set(error, VIR_ERR_OVERFLOW,
                                _("%llu KiB are more than a memory can have"),
                                (unsigned long long)kib);
    return libxl_change(driver, uuid, flags & ~(guint)VIR_DOMAIN_MEM_MAXIMUM,
                        flags & VIR_DOMAIN_MEM_MAXIMUM ? &maximum : &memory, &kib, error);
}

/* --- the host ------------------------------------------------------------------------- */

bool
libxl_driver_node_get_free_memory(LibxlDriver *driver, guint64 *bytes, GError **error)
{
    guint64 kib = 0;

    if (!driver->host->ops->get_free_memory(driver->host, &kib, error))
        return false;
    *bytes = kib * KIB;
    return true;
}

GArray *
libxl_driver_node_get_cells_free_memory(LibxlDriver *driver, int first, int max, GError **error)
{
    g_autoptr(GArray) nodes = driver->host->ops->list_nodes(driver->host, error);
    GArray *cells;

    if (!nodes)
        return NULL;
    if (first < 0 || max < 1 || (guint)first >= nodes->len) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                         _("no %d NUMA nodes from number %d on: the host has %u"), max, first,
                         nodes->len);
        return NULL;
    }
    cells = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (guint i = (guint)first; i < nodes->len && i - (guint)first < (guint)max; i++) {
        guint64 bytes = g_array_index(nodes, XenNodeMemory, i).free_kib * KIB;

        g_array_append_val(cells, bytes);
    }
    return cells;
}

/* --- NUMA nodes of a domain --------------------------------------------------------------- */

/* Xen chooses a domain's nodes when it is built, near its CPUs: of all nodes, and not
 * strictly. */
GArray *
libxl_driver_domain_get_numa_parameters(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                        GError **error)
{
    const guint known =
        VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_TYPED_PARAM_STRING_OKAY;
    g_autofree char *nodes = NULL;
    LibxlDomain *domain;
    GArray *params;

    if (!libxl_driver_check_flags(flags, known, "virDomainGetNumaParameters", error) ||
        !(domain = libxl_driver_find_and_lock(driver, uuid, error)))
        return NULL;
    if (!libxl_driver_choose_definition(domain, flags & ~(guint)VIR_TYPED_PARAM_STRING_OKAY,
                                        error)) {
        libxl_driver_unlock_domain(domain);
        return NULL;
    }
    libxl_driver_unlock_domain(domain);
    params = libxl_params_new();
    libxl_params_add_int(params, VIR_DOMAIN_NUMATUNE_MEM_PREFERRED, VIR_DOMAIN_NUMA_MODE);
    nodes =
        driver->info.nodes > 1 ? g_strdup_printf("0-%u", driver->info.nodes - 1) : g_strdup("0");
    if (flags & VIR_TYPED_PARAM_STRING_OKAY)
        libxl_params_add_string(params, nodes, VIR_DOMAIN_NUMA_NODESET);
    return params;
}
