/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_channel_hotplug.h"

#include "libxl/libxl_channel.h"
#include "libxl/libxl_channel_source.h"
#include "libxl/libxl_conf.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- finding ------------------------------------------------------------------- */

/* An automatic path is in the live definition only. */
static bool
path_matches(const DomainChrDef *channel, const DomainChrDef *wanted)
{
    return !wanted->source->path || !channel->source->path ||
           g_str_equal(wanted->source->path, channel->source->path);
}

DomainChrDef *
libxl_channel_find(const DomainDef *def, const DomainDevice *wanted)
{
    const DomainChrDef *like = wanted->device;

    for (guint i = 0; i < def->channels->len; i++) {
        DomainChrDef *channel = def->channels->pdata[i];

        if (g_strcmp0(channel->target_name, like->target_name) == 0 &&
            (!wanted->has_type || channel->source->type == like->source->type) &&
            path_matches(channel, like))
            return channel;
    }
    return NULL;
}

/* --- attach --------------------------------------------------------------------- */

/* By device id, so that each keeps its number when the guest reboots. */
static void
sort_in(GPtrArray *channels, DomainChrDef *channel)
{
    guint place = 0;

    g_ptr_array_steal_index(channels, channels->len - 1);
    while (place < channels->len &&
           ((DomainChrDef *)channels->pdata[place])->devid < channel->devid)
        place++;
    g_ptr_array_insert(channels, (int)place, channel);
}

/* What can be said before anything is done. */
static bool
check(DomainDef *next, const DomainChrDef *channel, const DomainDeviceFamily *family,
      GError **error)
{
    return family->validate(next, channel, error) &&
           libxl_conf_check_channel_target(next, channel, error);
}

/* On the host and in the files, or in neither. */
static bool
make(LibxlDriver *driver, LibxlDomain *domain, DomainDef *next, DomainChrDef *channel,
     GError **error)
{
    XenHost *host = driver->host;
    g_autoptr(GError) detail = NULL;

    if (!libxl_channel_source_check(next, channel, error) ||
        !libxl_channel_check_backend(next, channel, host, error) ||
        !libxl_channel_add(next, channel, driver->config, host, error))
        return false;
    if (libxl_channel_settle(next, channel, driver->config, host, error) &&
        libxl_store_change_live(driver, domain, next, error))
        return true;
    if (!host->ops->remove_channel(host, (guint32)next->id, channel->devid, true, &detail))
        g_warning("domain '%s': channel '%s' was not attached, and can't be removed: %s",
                  domain->name, channel->target_name, detail->message);
    return false;
}

bool
libxl_channel_attach(LibxlDriver *driver, LibxlDomain *domain, DomainDevice *device, GError **error)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    DomainParseDefaults defaults = libxl_driver_parse_defaults(driver);
    g_autoptr(DomainDef) next = domain_def_copy(domain->live);
    DomainChrDef *channel = device->device;
    g_autofree char *alias = NULL;

    libxl_channel_drop_automatic_path(channel, driver->config);
    if (!domain_def_add_device(next, device, &defaults, DOMAIN_PARSE_INACTIVE, error) ||
        !check(next, channel, device->family, error) ||
        !libxl_channel_prepare(next, channel, LIBXL_CHANNEL_BACKEND_VIRTXL, driver->config,
                               messages, error))
        return false;
    sort_in(next->channels, channel);
    if (!make(driver, domain, next, channel, error)) {
        libxl_channel_remove(next, channel, driver->config);
        return false;
    }
    g_message("domain '%s': channel '%s' is attached, device id %u", domain->name,
              channel->target_name, channel->devid);
    alias = g_strdup(channel->info.alias);
    libxl_domain_change_live(domain, g_steal_pointer(&next));
    libxl_domain_add_messages(domain, messages);
    libxl_driver_emit_device(driver, domain, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, alias);
    return true;
}

/* --- detach --------------------------------------------------------------------- */

static bool
check_detachable(const LibxlDomain *domain, const DomainChrDef *channel, GError **error)
{
    /* Without a device id, it is not on the host. */
    if (channel->devid == 0 || channel->ours)
        return true;
    return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                            _("domain '%s': channel '%s' is served by QEMU, and can't be detached "
                              "while the domain runs; one that virtxl-channeld serves can"),
                            domain->name, channel->target_name);
}

static bool
remove_from_host(LibxlDriver *driver, LibxlDomain *domain, const DomainChrDef *channel, bool force,
                 GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (channel->devid == 0 ||
        driver->host->ops->remove_channel(driver->host, (guint32)domain->live->id, channel->devid,
                                          force, &reason))
        return true;
    libxl_store_restore_live(driver, domain);
    libxl_driver_emit_device(driver, domain, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
                             channel->info.alias);
    g_propagate_prefixed_error(error, g_steal_pointer(&reason),
                               _("domain '%s': channel '%s' is not detached: "), domain->name,
                               channel->target_name);
    return false;
}

static DomainDef *
copy_without(const DomainDef *live, const DomainChrDef *channel)
{
    DomainDef *next = domain_def_copy(live);
    guint index = 0;

    if (g_ptr_array_find(live->channels, channel, &index))
        g_ptr_array_remove_index(next->channels, index);
    return next;
}

bool
libxl_channel_detach(LibxlDriver *driver, LibxlDomain *domain, const DomainChrDef *channel,
                     bool force, GError **error)
{
    g_autoptr(DomainDef) next = copy_without(domain->live, channel);
    g_autofree char *alias = g_strdup(channel->info.alias);

    if (!check_detachable(domain, channel, error) ||
        !libxl_store_change_live(driver, domain, next, error) ||
        !remove_from_host(driver, domain, channel, force, error))
        return false;
    libxl_channel_remove(next, channel, driver->config);
    g_message("domain '%s': channel '%s' is detached", domain->name, channel->target_name);
    libxl_domain_change_live(domain, g_steal_pointer(&next));
    libxl_driver_emit_device(driver, domain, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, alias);
    return true;
}
