/* What many domains have done, in groups. See libxl_driver_stats.h.
 *
 * A table says which function adds the parameters of which group; their names are
 * libvirt's (virConnectGetAllDomainStats). A group that can't be had of a domain, since
 * it stops meanwhile, is left out of its record.
 *
 * Channels have no group of libvirt's. They are in the one for what only the hypervisor at
 * hand has (VIR_DOMAIN_STATS_VM), with names made as those of interfaces are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define G_LOG_DOMAIN "virtxl-driver"

#include <string.h>

#include "libxl/libxl_disk_path.h"
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_driver_stats.h"
#include "libxl/libxl_params.h"
#include "util/error.h"
#include "util/i18n.h"

#define FILTERS                                                                                    \
    (VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE |       \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT |  \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING | VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED |        \
     VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF | VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER)

/* What virtxl-channeld says of all channels: it is asked once for all domains, when the
 * first of them needs it, so that one that hangs delays a call once. */
typedef struct {
    bool is_asked;
    GPtrArray *list; /* of XenChannelStats; NULL: it does not answer */
} ChannelCounters;

/* A domain whose record is made. */
typedef struct {
    LibxlDriver *driver;
    ChannelCounters *channels;
    const guint8 *uuid;
    int id;     /* -1: it does not run */
    bool waits; /* what needs a disk or another process may be asked for */
    virDomainInfo info;
    GArray *params;
} Record;

/* --- state, CPU, memory --------------------------------------------------------------- */

static bool
add_state(Record *record, GError **error)
{
    int state, reason;

    if (!libxl_driver_domain_get_state(record->driver, record->uuid, 0, &state, &reason, error))
        return false;
    libxl_params_add_int(record->params, state, "state.state");
    libxl_params_add_int(record->params, reason, "state.reason");
    return true;
}

static bool
add_cpu(Record *record, GError **error)
{
    if (record->id >= 0)
        libxl_params_add_ullong(record->params, record->info.cpuTime, "cpu.time");
    return true;
}

static bool
add_balloon(Record *record, GError **error)
{
    if (record->id >= 0)
        libxl_params_add_ullong(record->params, record->info.memory, "balloon.current");
    libxl_params_add_ullong(record->params, record->info.maxMem, "balloon.maximum");
    if (record->id >= 0)
        libxl_params_add_ullong(record->params, record->info.memory, "balloon.rss");
    return true;
}

static virVcpuState
get_vcpu_state(const XenVcpuInfo *vcpu)
{
    if (!vcpu->is_online)
        return VIR_VCPU_OFFLINE;
    return vcpu->is_running ? VIR_VCPU_RUNNING : VIR_VCPU_BLOCKED;
}

static bool
add_vcpu(Record *record, GError **error)
{
    g_autoptr(GPtrArray) vcpus = NULL;
    int max = libxl_driver_domain_get_vcpus_flags(record->driver, record->uuid,
                                                  VIR_DOMAIN_VCPU_MAXIMUM, error);

    if (max < 0)
        return false;
    libxl_params_add_uint(record->params, record->info.nrVirtCpu, "vcpu.current");
    libxl_params_add_uint(record->params, (guint)max, "vcpu.maximum");
    if (record->id < 0)
        return true;
    vcpus = record->driver->host->ops->list_vcpus(record->driver->host, (guint32)record->id, error);
    for (guint i = 0; vcpus && i < vcpus->len; i++) {
        const XenVcpuInfo *vcpu = vcpus->pdata[i];

        libxl_params_add_int(record->params, (int)get_vcpu_state(vcpu), "vcpu.%u.state", i);
        libxl_params_add_ullong(record->params, vcpu->time_ns, "vcpu.%u.time", i);
    }
    return vcpus != NULL;
}

/* --- devices --------------------------------------------------------------------------- */

static bool
add_interfaces(Record *record, GError **error)
{
    g_autoptr(GPtrArray) all = NULL;

    if (record->id < 0)
        return true;
    all = record->driver->host->ops->get_interface_stats(record->driver->host, (guint32)record->id,
                                                         error);
    if (!all)
        return false;
    libxl_params_add_uint(record->params, all->len, "net.count");
    for (guint i = 0; i < all->len; i++) {
        const XenInterfaceStats *one = all->pdata[i];

        libxl_params_add_string(record->params, one->name, "net.%u.name", i);
        libxl_params_add_ullong(record->params, one->rx_bytes, "net.%u.rx.bytes", i);
        libxl_params_add_ullong(record->params, one->rx_packets, "net.%u.rx.pkts", i);
        libxl_params_add_ullong(record->params, one->rx_errors, "net.%u.rx.errs", i);
        libxl_params_add_ullong(record->params, one->rx_dropped, "net.%u.rx.drop", i);
        libxl_params_add_ullong(record->params, one->tx_bytes, "net.%u.tx.bytes", i);
        libxl_params_add_ullong(record->params, one->tx_packets, "net.%u.tx.pkts", i);
        libxl_params_add_ullong(record->params, one->tx_errors, "net.%u.tx.errs", i);
        libxl_params_add_ullong(record->params, one->tx_dropped, "net.%u.tx.drop", i);
    }
    return true;
}

/* The devices of the domain as it is now; a definition of the caller's own. */
static DomainDef *
copy_definition(const Record *record, GError **error)
{
    LibxlDomain *domain = libxl_driver_find_and_lock(record->driver, record->uuid, error);
    DomainDef *def;

    if (!domain)
        return NULL;
    def = domain_def_copy(domain->live ? domain->live : domain->persistent);
    libxl_driver_unlock_domain(domain);
    return def;
}

static void
add_block_counters(const Record *record, guint i, const GPtrArray *all, const char *target)
{
    for (guint j = 0; all && j < all->len; j++) {
        const XenBlockStats *one = all->pdata[j];

        if (strcmp(one->target, target) != 0)
            continue;
        libxl_params_add_ullong(record->params, one->read_requests, "block.%u.rd.reqs", i);
        libxl_params_add_ullong(record->params, one->read_bytes, "block.%u.rd.bytes", i);
        libxl_params_add_ullong(record->params, one->write_requests, "block.%u.wr.reqs", i);
        libxl_params_add_ullong(record->params, one->write_bytes, "block.%u.wr.bytes", i);
        libxl_params_add_ullong(record->params, one->flush_requests, "block.%u.fl.reqs", i);
    }
}

static void
add_block_sizes(const Record *record, guint i, const DomainDiskDef *disk)
{
    virDomainBlockInfo info;

    if (!record->waits || !disk->source.path ||
        !libxl_disk_path_measure(disk->source.path, disk->driver.format, &info, NULL))
        return;
    libxl_params_add_ullong(record->params, info.allocation, "block.%u.allocation", i);
    if (info.capacity)
        libxl_params_add_ullong(record->params, info.capacity, "block.%u.capacity", i);
    libxl_params_add_ullong(record->params, info.physical, "block.%u.physical", i);
}

static bool
add_blocks(Record *record, GError **error)
{
    g_autoptr(DomainDef) def = copy_definition(record, error);
    g_autoptr(GPtrArray) all = NULL;

    if (!def)
        return false;
    if (record->id >= 0 && !(all = record->driver->host->ops->get_block_stats(
                                 record->driver->host, (guint32)record->id, error)))
        return false;
    libxl_params_add_uint(record->params, def->disks->len, "block.count");
    for (guint i = 0; i < def->disks->len; i++) {
        const DomainDiskDef *disk = def->disks->pdata[i];

        libxl_params_add_string(record->params, disk->target, "block.%u.name", i);
        libxl_params_add_string(record->params, disk->source.path, "block.%u.path", i);
        add_block_counters(record, i, all, disk->target);
        add_block_sizes(record, i, disk);
    }
    return true;
}

static void
ask_for_channel_counters(const Record *record)
{
    XenHost *host = record->driver->host;
    g_autoptr(GError) error = NULL;

    if (record->channels->is_asked)
        return;
    record->channels->is_asked = true;
    record->channels->list = host->ops->list_channel_stats(host, &error);
    if (error)
        g_info("counters of channels: %s", error->message);
}

static void
add_channel_counters(const Record *record, guint i, const XenChannelStats *one)
{
    libxl_params_add_ullong(record->params, one->rx_bytes, "channel.%u.rx.bytes", i);
    libxl_params_add_ullong(record->params, one->rx_held, "channel.%u.rx.held", i);
    libxl_params_add_ullong(record->params, one->tx_bytes, "channel.%u.tx.bytes", i);
    libxl_params_add_ullong(record->params, one->tx_held, "channel.%u.tx.held", i);
    libxl_params_add_ullong(record->params, one->tx_discarded, "channel.%u.tx.discarded", i);
    libxl_params_add_ullong(record->params, one->clients, "channel.%u.clients", i);
    libxl_params_add_boolean(record->params, one->is_connected, "channel.%u.client.connected", i);
    if (one->client_pid)
        libxl_params_add_ullong(record->params, one->client_pid, "channel.%u.client.pid", i);
}

static bool
add_channels(Record *record, GError **error)
{
    g_autoptr(DomainDef) def = copy_definition(record, error);

    if (!def)
        return false;
    if (def->channels->len > 0 && record->id >= 0 && record->waits)
        ask_for_channel_counters(record);
    libxl_params_add_uint(record->params, def->channels->len, "channel.count");
    for (guint i = 0; i < def->channels->len; i++) {
        const DomainChrDef *channel = def->channels->pdata[i];
        const XenChannelStats *counters = xen_channel_stats_find(
            record->channels->list, (guint32)record->id, channel->target_name);

        libxl_params_add_string(record->params, channel->target_name, "channel.%u.name", i);
        if (counters)
            add_channel_counters(record, i, counters);
    }
    return true;
}

/* --- a record ---------------------------------------------------------------------------- */

static const struct {
    virDomainStatsTypes type;
    bool (*add)(Record *record, GError **error);
} groups[] = {
    {VIR_DOMAIN_STATS_STATE, add_state},     {VIR_DOMAIN_STATS_CPU_TOTAL, add_cpu},
    {VIR_DOMAIN_STATS_BALLOON, add_balloon}, {VIR_DOMAIN_STATS_VCPU, add_vcpu},
    {VIR_DOMAIN_STATS_BLOCK, add_blocks},    {VIR_DOMAIN_STATS_INTERFACE, add_interfaces},
    {VIR_DOMAIN_STATS_VM, add_channels},
};

void
libxl_domain_stats_free(LibxlDomainStats *stats)
{
    if (!stats)
        return;
    libxl_domain_ref_free(stats->domain);
    g_array_unref(stats->params);
    g_free(stats);
}

static void
add_groups(Record *record, guint types)
{
    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
        g_autoptr(GError) error = NULL;

        if ((types & groups[i].type) && !groups[i].add(record, &error))
            g_debug("statistics of domain id %d: %s", record->id, error->message);
    }
}

static LibxlDomainStats *
make_stats(LibxlDriver *driver, LibxlDomain *domain, guint types, bool waits,
           ChannelCounters *channels)
{
    Record record = {.driver = driver, .channels = channels, .uuid = domain->uuid, .waits = waits};
    LibxlDomainStats *stats;

    if (!libxl_driver_domain_get_info(driver, domain->uuid, &record.info, NULL))
        return NULL;
    stats = g_new0(LibxlDomainStats, 1);
    stats->domain = libxl_domain_make_ref(domain);
    stats->params = record.params = libxl_params_new();
    record.id = stats->domain->id;
    add_groups(&record, types);
    return stats;
}

/* --- all of them --------------------------------------------------------------------------- */

static bool
choose_types(guint *types, guint flags, GError **error)
{
    guint known = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
        known |= groups[i].type;
    if ((*types & ~known) && (flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS))
        return virtxl_error_set(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
                                _("statistics of type 0x%x are not supported"), *types & ~known);
    if (*types == 0)
        *types = known;
    return true;
}

static void
unref_domain(gpointer domain)
{
    libxl_domain_unref(domain);
}

static GPtrArray *
find_domains(LibxlDriver *driver, const guint8 *const *uuids)
{
    GPtrArray *domains;

    if (!uuids)
        return libxl_domain_list_get_all(driver->domains);
    domains = g_ptr_array_new_with_free_func(unref_domain);
    for (; *uuids; uuids++) {
        LibxlDomain *domain = libxl_domain_list_find_uuid(driver->domains, *uuids);

        if (domain)
            g_ptr_array_add(domains, domain);
    }
    return domains;
}

static void
free_stats(gpointer stats)
{
    libxl_domain_stats_free(stats);
}

GPtrArray *
libxl_driver_connect_get_all_domain_stats(LibxlDriver *driver, const guint8 *const *uuids,
                                          guint types, guint flags, GError **error)
{
    const guint known = FILTERS | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT |
                        VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING |
                        (guint)VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS;
    bool waits = !(flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
    g_autoptr(GPtrArray) domains = NULL;
    ChannelCounters channels = {0};
    GPtrArray *all;

    if (!libxl_driver_check_flags(flags, known, "virConnectGetAllDomainStats", error) ||
        !choose_types(&types, flags, error))
        return NULL;
    domains = find_domains(driver, uuids);
    all = g_ptr_array_new_with_free_func(free_stats);
    for (guint i = 0; i < domains->len; i++) {
        LibxlDomainStats *stats;

        if (!libxl_driver_domain_passes(driver, domains->pdata[i], flags & FILTERS))
            continue;
        stats = make_stats(driver, domains->pdata[i], types, waits, &channels);
        if (stats)
            g_ptr_array_add(all, stats);
    }
    g_clear_pointer(&channels.list, g_ptr_array_unref);
    return all;
}
