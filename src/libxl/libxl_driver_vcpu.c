/* Virtual CPUs: how many, and where they run. See libxl_driver_tune.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/cpuset_conf.h"
#include "libxl/libxl_change.h"
#include "libxl/libxl_driver_agent_private.h"
#include "libxl/libxl_driver_tune.h"
#include "libxl/libxl_params.h"
#include "libxl/libxl_vcpu.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- how many ---------------------------------------------------------------------- */

static bool
edit_number(LibxlDriver *driver, DomainDef *def, gconstpointer data, GError **error)
{
    guint n = *(const guint *)data;

    if (n > def->vcpus_max)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("domain '%s' can have %u vCPUs, not %u"), def->name,
                                def->vcpus_max, n);
    def->vcpus = n;
    return true;
}

static bool
act_number(LibxlDriver *driver, const DomainDef *live, gconstpointer data, GError **error)
{
    return driver->host->ops->set_online_vcpus(driver->host, (guint32)live->id,
                                               *(const guint *)data, error);
}

static bool
edit_maximum(LibxlDriver *driver, DomainDef *def, gconstpointer data, GError **error)
{
    guint n = *(const guint *)data;

    if (def->id >= 0)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("domain '%s': the maximum of vCPUs of a domain that runs can't "
                                  "be changed"),
                                def->name);
    if (n > driver->info.max_vcpus)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("domain '%s': Xen gives a domain %u vCPUs at most, not %u"),
                                def->name, driver->info.max_vcpus, n);
    def->vcpus_max = n;
    def->vcpus = MIN(def->vcpus, n);
    return true;
}

bool
libxl_driver_domain_set_vcpus(LibxlDriver *driver, const guint8 *uuid, guint n, guint flags,
                              GError **error)
{
    static const LibxlChange number = {.edit = edit_number, .act = act_number};
    static const LibxlChange maximum = {.edit = edit_maximum};
    const guint known = VIR_DOMAIN_VCPU_LIVE | VIR_DOMAIN_VCPU_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM |
                        VIR_DOMAIN_VCPU_GUEST;

    if (!libxl_driver_check_flags(flags, known, "virDomainSetVcpusFlags", error))
        return false;
    if (n == 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("a domain has at least one vCPU"));
    if (flags & VIR_DOMAIN_VCPU_GUEST)
        return libxl_driver_agent_set_number_of_vcpus(driver, uuid, n, flags, error);
    return libxl_change(driver, uuid, flags & ~(guint)VIR_DOMAIN_VCPU_MAXIMUM,
                        flags & VIR_DOMAIN_VCPU_MAXIMUM ? &maximum : &number, &n, error);
}

GPtrArray *
libxl_driver_domain_get_vcpus(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    int id = libxl_driver_find_running(driver, uuid, error);

    return id < 0 ? NULL : driver->host->ops->list_vcpus(driver->host, (guint32)id, error);
}

/* --- where they run ------------------------------------------------------------------ */

typedef struct {
    guint vcpu;
    GByteArray *cpus;
} Pin;

static guint
count_host_bytes(LibxlDriver *driver)
{
    return (driver->info.cpus + 7) / 8;
}

static bool
has_all(LibxlDriver *driver, const GByteArray *cpus)
{
    for (guint i = 0; i < driver->info.cpus; i++) {
        if (i / 8 >= cpus->len || !(cpus->data[i / 8] >> (i % 8) & 1))
            return false;
    }
    return true;
}

/* One that may run everywhere is not pinned. */
static bool
edit_pin(LibxlDriver *driver, DomainDef *def, gconstpointer data, GError **error)
{
    const Pin *pin = data;
    char *cpuset;

    if (pin->vcpu >= def->vcpus_max)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("domain '%s' has %u vCPUs, and no vCPU %u"), def->name,
                                def->vcpus_max, pin->vcpu);
    cpuset = cpuset_format(pin->cpus->data, pin->cpus->len);
    if (has_all(driver, pin->cpus) && !def->vcpu_cpuset)
        g_clear_pointer(&cpuset, g_free);
    domain_cputune_pin(def, pin->vcpu, cpuset);
    return true;
}

static bool
act_pin(LibxlDriver *driver, const DomainDef *live, gconstpointer data, GError **error)
{
    const Pin *pin = data;

    return driver->host->ops->pin_vcpu(driver->host, (guint32)live->id, pin->vcpu, pin->cpus,
                                       error);
}

static void
tell_pin(LibxlDriver *driver, LibxlDomain *domain, guint flags, gconstpointer data)
{
    const Pin *pin = data;
    g_autofree char *cpuset = cpuset_format(pin->cpus->data, pin->cpus->len);
    GArray *params;

    if (!(flags & VIR_DOMAIN_AFFECT_LIVE))
        return;
    params = libxl_params_new();
    libxl_params_add_string(params, cpuset, "cputune.vcpupin%u", pin->vcpu);
    libxl_driver_emit_event(
        driver, domain, (LibxlDriverEvent){.id = VIR_DOMAIN_EVENT_ID_TUNABLE, .params = params});
}

/* Only CPUs that the host has; what a client says of others means nothing. */
static GByteArray *
cut_to_host(LibxlDriver *driver, const guint8 *cpus, gsize size)
{
    GByteArray *cut = g_byte_array_new();
    guint last = driver->info.cpus % 8;

    g_byte_array_append(cut, cpus, (guint)MIN(size, count_host_bytes(driver)));
    if (last > 0 && cut->len == count_host_bytes(driver))
        cut->data[cut->len - 1] &= (guint8)((1U << last) - 1);
    return cut;
}

bool
libxl_driver_domain_pin_vcpu(LibxlDriver *driver, const guint8 *uuid, guint vcpu,
                             const guint8 *cpus, gsize size, guint flags, GError **error)
{
    static const LibxlChange change = {.edit = edit_pin, .act = act_pin, .tell = tell_pin};
    g_autoptr(GByteArray) cut = NULL;
    g_autofree char *cpuset = NULL;
    Pin pin;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
                                  "virDomainPinVcpuFlags", error))
        return false;
    cut = cut_to_host(driver, cpus, size);
    cpuset = cpuset_format(cut->data, cut->len);
    if (!cpuset)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("vCPU %u is to run on none of the host's %u CPUs"), vcpu,
                                driver->info.cpus);
    pin = (Pin){vcpu, cut};
    return libxl_change(driver, uuid, flags, &change, &pin, error);
}

static void
free_set(gpointer set)
{
    g_byte_array_unref(set);
}

static GByteArray *
get_all_cpus(LibxlDriver *driver)
{
    guint size = count_host_bytes(driver);
    g_autofree guint8 *all = g_malloc(size);

    memset(all, 0xff, size);
    return cut_to_host(driver, all, size);
}

GByteArray *
libxl_driver_node_get_cpu_map(LibxlDriver *driver, guint flags, GError **error)
{
    if (!libxl_driver_check_flags(flags, 0, "virNodeGetCPUMap", error))
        return NULL;
    return get_all_cpus(driver);
}

static GByteArray *
get_set(LibxlDriver *driver, const DomainDef *def, guint vcpu)
{
    const char *cpuset = domain_cputune_get_cpuset(def, vcpu);
    g_autoptr(GByteArray) set = cpuset ? cpuset_parse(cpuset) : NULL;

    return set ? cut_to_host(driver, set->data, set->len) : get_all_cpus(driver);
}

bool
libxl_driver_pin_all(LibxlDriver *driver, const DomainDef *live, GError **error)
{
    for (guint i = 0; i < live->vcpus_max; i++) {
        const char *cpuset = domain_cputune_get_cpuset(live, i);
        g_autoptr(GByteArray) set = cpuset ? cpuset_parse(cpuset) : NULL;

        if (set && !driver->host->ops->pin_vcpu(driver->host, (guint32)live->id, i, set, error))
            return false;
    }
    return true;
}

GPtrArray *
libxl_driver_domain_get_vcpu_pin_info(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                      GError **error)
{
    GPtrArray *sets = NULL;
    const DomainDef *def;
    LibxlDomain *domain;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
                                  "virDomainGetVcpuPinInfo", error) ||
        !(domain = libxl_driver_find_and_lock(driver, uuid, error)))
        return NULL;
    def = libxl_driver_choose_definition(domain, flags, error);
    if (def) {
        sets = g_ptr_array_new_with_free_func(free_set);
        for (guint i = 0; i < def->vcpus_max; i++)
            g_ptr_array_add(sets, get_set(driver, def, i));
    }
    libxl_driver_unlock_domain(domain);
    return sets;
}
