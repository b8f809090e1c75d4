/* virDomainGetInfo: the getter that answers from what the hypervisor said a moment ago, if it
 * has been asked in that moment; see libxl_driver.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_state.h"

/* How old what the hypervisor said may be and still be an answer. */
#define SAMPLE_FRESH_US (100 * 1000)

static bool
is_fresh(const LibxlDomain *domain)
{
    return !domain->live || (domain->sample.taken_us &&
                             g_get_monotonic_time() - domain->sample.taken_us < SAMPLE_FRESH_US);
}

bool
libxl_driver_domain_info_is_fresh(LibxlDriver *driver, const guint8 *uuid)
{
    LibxlDomain *domain = libxl_driver_find_and_lock(driver, uuid, NULL);
    bool fresh;

    if (!domain)
        return true;
    fresh = is_fresh(domain);
    libxl_driver_unlock_domain(domain);
    return fresh;
}

static void
take_sample(LibxlDriver *driver, const XenDomainInfo *info, gint64 now)
{
    g_autoptr(LibxlDomain) domain = libxl_domain_list_peek_uuid(driver->domains, info->uuid);

    if (!domain)
        return;
    g_mutex_lock(&domain->lock);
    if (domain->live && domain->live->id == (int)info->domid)
        domain->sample = (LibxlDomainSample){info->cpu_time_ns, info->current_memory_kib,
                                             info->online_vcpus, now};
    g_mutex_unlock(&domain->lock);
}

/* One question answers for all domains: many clients that ask for many domains
 * cost the hypervisor one listing for each moment. */
static bool
sample(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&driver->sample_lock);
    g_autoptr(GPtrArray) infos = NULL;
    gint64 now = g_get_monotonic_time();

    /* Another one may have asked while this one waited for the lock. */
    if (libxl_driver_domain_info_is_fresh(driver, uuid))
        return true;
    infos = driver->host->ops->list_domains(driver->host, error);
    if (!infos)
        return false;
    for (guint i = 0; i < infos->len; i++)
        take_sample(driver, infos->pdata[i], now);
    return true;
}

bool
libxl_driver_domain_get_info(LibxlDriver *driver, const guint8 *uuid, virDomainInfo *info,
                             GError **error)
{
    LibxlDomain *domain;
    const DomainDef *def;

    if (!libxl_driver_domain_info_is_fresh(driver, uuid) && !sample(driver, uuid, error))
        return false;
    domain = libxl_driver_find_and_lock(driver, uuid, error);
    if (!domain)
        return false;
    def = libxl_driver_choose_definition(domain, 0, NULL);
    *info = (virDomainInfo){.state = (guchar)domain->state,
                            .maxMem = def->memory_max,
                            .memory = def->memory,
                            .nrVirtCpu = (gushort)def->vcpus};
    if (domain->live && domain->sample.taken_us) {
        info->memory = domain->sample.memory_kib;
        info->nrVirtCpu = (gushort)domain->sample.vcpus;
        info->cpuTime = domain->sample.cpu_time_ns;
    }
    libxl_driver_unlock_domain(domain);
    return true;
}
