/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_save.h"

#include <fcntl.h>
#include <string.h>

#include "libxl/libxl_channel.h"
#include "libxl/libxl_hook.h"
#include "libxl/libxl_lifecycle.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/i18n.h"

#define STREAM_VERSION 2 /* what libxl writes */

bool
libxl_save_check_flags(guint flags, guint known, const char *call, GError **error)
{
    const guint both = VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED;

    if (!libxl_driver_check_flags(flags, known, call, error))
        return false;
    if ((flags & both) == both)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("a domain can't be both running and paused"));
    return true;
}

/* --- definitions ---------------------------------------------------------- */

/* @flags: DOMAIN_PARSE_COMPLETE for what a driver wrote. */
static DomainDef *
parse(LibxlDriver *driver, const char *xml, unsigned flags, GError **error)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(driver);
    DomainDef *def = domain_def_parse_string(xml, &defaults, flags, error);

    if (!def)
        return NULL;
    def->id = -1;
    libxl_channels_drop_automatic_paths(def, driver->config);
    return def;
}

/* What the guest has seen can't be another thing when it wakes up. */
static bool
check_same_machine(const DomainDef *def, const DomainDef *next, GError **error)
{
    const struct {
        const char *what;
        gsize old, new;
    } counts[] = {
        {"<memory>", def->memory_max, next->memory_max},
        {"<vcpu>", def->vcpus_max, next->vcpus_max},
        {"<disk>", def->disks->len, next->disks->len},
        {"<interface>", def->nets->len, next->nets->len},
        {"<channel>", def->channels->len, next->channels->len},
    };

    if (strcmp(def->name, next->name) != 0 || memcmp(def->uuid, next->uuid, VIR_UUID_BUFLEN) != 0 ||
        def->os.type != next->os.type)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': name, uuid and os type of what was saved can't be "
                                  "changed"),
                                def->name);
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (counts[i].old != counts[i].new)
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("domain '%s': %s of what was saved can't be changed"),
                                    def->name, counts[i].what);
    }
    for (guint i = 0; i < next->channels->len; i++) {
        const DomainChrDef *channel = next->channels->pdata[i];

        if (!libxl_channels_find(def, channel->target_name))
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("domain '%s' has no channel '%s'"), def->name,
                                    channel->target_name);
    }
    return true;
}

static DomainDef *
replace(LibxlDriver *driver, const DomainDef *def, const char *xml, GError **error)
{
    g_autoptr(DomainDef) next = parse(driver, xml, 0, error);

    if (!next || !check_same_machine(def, next, error))
        return NULL;
    return g_steal_pointer(&next);
}

DomainDef *
libxl_save_parse(LibxlDriver *driver, const LibxlImage *image, const char *xml, GError **error)
{
    g_autoptr(DomainDef) def = parse(driver, image->xml, DOMAIN_PARSE_COMPLETE, error);

    if (!def || !xml)
        return g_steal_pointer(&def);
    return replace(driver, def, xml, error);
}

char *
libxl_save_describe(LibxlDriver *driver, const char *path, guint flags, GError **error)
{
    g_autoptr(LibxlImage) image = libxl_image_open(path, error);
    g_autoptr(DomainDef) def = image ? libxl_save_parse(driver, image, NULL, error) : NULL;

    return def ? domain_def_format(def, flags & VIR_DOMAIN_XML_SECURE, error) : NULL;
}

bool
libxl_save_redefine(LibxlDriver *driver, const char *path, const char *xml, guint flags,
                    GError **error)
{
    g_autoptr(LibxlImage) image = libxl_image_open(path, error);
    g_autoptr(DomainDef) def = image ? libxl_save_parse(driver, image, xml, error) : NULL;
    g_autofree char *next = def ? domain_def_format(def, VIR_DOMAIN_XML_SECURE, error) : NULL;
    bool paused;

    if (!next)
        return false;
    paused =
        (flags & VIR_DOMAIN_SAVE_PAUSED) || (image->paused && !(flags & VIR_DOMAIN_SAVE_RUNNING));
    return libxl_image_rewrite(path, next, paused, error);
}

/* --- saving --------------------------------------------------------------- */

static bool
check_can_be_saved(const LibxlDomain *domain, GError **error)
{
    if (domain->is_foreign)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("domain '%s' is another toolstack's, which alone knows all that "
                                  "it is made of"),
                                domain->name);
    if (domain->state != VIR_DOMAIN_RUNNING)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("domain '%s' has to be running, since its guest suspends itself"),
                                domain->name);
    return true;
}

/* What the image is to say. Returns a new string. */
static char *
make_xml(LibxlDriver *driver, const LibxlDomain *domain, const char *xml, GError **error)
{
    g_autoptr(DomainDef) next = NULL;

    if (!xml)
        return domain_def_format(domain->live, VIR_DOMAIN_XML_SECURE, error);
    next = replace(driver, domain->live, xml, error);
    return next ? domain_def_format(next, VIR_DOMAIN_XML_SECURE, error) : NULL;
}

static void
go_on(LibxlDriver *driver, const LibxlDomain *domain, guint32 domid)
{
    g_autoptr(GError) error = NULL;

    if (!driver->host->ops->resume(driver->host, domid, &error))
        g_warning("domain '%s' was not saved and does not go on: %s", domain->name, error->message);
}

static bool
write_image(LibxlDriver *driver, const LibxlDomain *domain, LibxlImageFile *file, guint flags,
            GError **error)
{
    guint32 domid = (guint32)domain->live->id;

    if (!driver->host->ops->save(driver->host, domid, file->fd, error))
        return false;
    if (libxl_image_file_commit(file, flags & VIR_DOMAIN_SAVE_BYPASS_CACHE, error))
        return true;
    go_on(driver, domain, domid);
    return false;
}

static bool
end_saved(LibxlDriver *driver, LibxlDomain *domain, GError **error)
{
    if (libxl_lifecycle_destroy(driver, domain, VIR_DOMAIN_SHUTOFF_SAVED,
                                VIR_DOMAIN_EVENT_STOPPED_SAVED, error))
        return true;
    libxl_domain_set_state(domain, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE);
    return false;
}

bool
libxl_save_write(LibxlDriver *driver, LibxlDomain *domain, const char *path, const char *xml,
                 guint flags, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(LibxlImageFile) file = NULL;

    if (!check_can_be_saved(domain, error) || !(text = make_xml(driver, domain, xml, error)))
        return false;
    file = libxl_image_file_new(path, text, STREAM_VERSION, flags & VIR_DOMAIN_SAVE_PAUSED, error);
    if (!file || !write_image(driver, domain, file, flags, error))
        return false;
    g_message("domain '%s' is saved in '%s'", domain->name, path);
    return end_saved(driver, domain, error);
}

/* --- restoring ------------------------------------------------------------ */

bool
libxl_save_restore(LibxlDriver *driver, LibxlDomain *domain, const LibxlImage *image,
                   const DomainDef *def, guint flags, GError **error)
{
    bool paused =
        (flags & VIR_DOMAIN_SAVE_PAUSED) || (image->paused && !(flags & VIR_DOMAIN_SAVE_RUNNING));
    g_autofree char *xml = NULL;
    g_autoptr(DomainDef) filtered = NULL;

    if (!libxl_hook_restore(driver, def, &xml, error) ||
        (xml && !(filtered = replace(driver, def, xml, error))) ||
        !libxl_lifecycle_restore(driver, domain, filtered ? filtered : def, image, paused, error))
        return false;
    if (flags & VIR_DOMAIN_SAVE_BYPASS_CACHE)
        (void)posix_fadvise(image->fd, 0, 0, POSIX_FADV_DONTNEED);
    return true;
}

/* --- managed save --------------------------------------------------------- */

static void
remove_stale(LibxlDriver *driver, LibxlDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (libxl_store_has_managed_save(driver, domain) &&
        !libxl_store_remove_managed_save(driver, domain, &error))
        g_warning("domain '%s' runs, and its managed save image, which must not be restored any "
                  "more, can't be removed: %s",
                  domain->name, error->message);
}

static bool
restore_managed(LibxlDriver *driver, LibxlDomain *domain, guint flags, GError **error)
{
    g_autofree char *path = libxl_store_get_managed_save_path(driver, domain);
    g_autoptr(LibxlImage) image = libxl_image_open(path, error);
    g_autoptr(DomainDef) def = image ? libxl_save_parse(driver, image, NULL, error) : NULL;
    guint how = (flags & VIR_DOMAIN_START_PAUSED ? VIR_DOMAIN_SAVE_PAUSED : 0) |
                (flags & VIR_DOMAIN_START_BYPASS_CACHE ? VIR_DOMAIN_SAVE_BYPASS_CACHE : 0);

    if (!def)
        return false;
    if (strcmp(def->name, domain->name) != 0 ||
        memcmp(def->uuid, domain->uuid, VIR_UUID_BUFLEN) != 0)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("image '%s' is another domain's, '%s'"), path, def->name);
    if (!libxl_save_restore(driver, domain, image, def, how, error))
        return false;
    remove_stale(driver, domain);
    return true;
}

bool
libxl_save_start(LibxlDriver *driver, LibxlDomain *domain, guint flags, GError **error)
{
    if (libxl_store_has_managed_save(driver, domain)) {
        if (!(flags & VIR_DOMAIN_START_FORCE_BOOT)) {
            if (restore_managed(driver, domain, flags, error))
                return true;
            g_prefix_error(error,
                           _("domain '%s' has a managed save image, which can't be restored "
                             "(start it with --force-boot to discard it): "),
                           domain->name);
            return false;
        }
        if (!libxl_store_remove_managed_save(driver, domain, error))
            return false;
    }
    return libxl_lifecycle_start(driver, domain, domain->persistent,
                                 flags & VIR_DOMAIN_START_PAUSED, VIR_DOMAIN_RUNNING_BOOTED, error);
}

/* --- a save that a driver before us did not end ---------------------------- */

bool
libxl_save_adopt(LibxlDriver *driver, LibxlDomain *domain, const XenDomainInfo *info)
{
    bool is_saved = libxl_store_has_managed_save(driver, domain);
    g_autoptr(GError) error = NULL;

    if (!info->is_shutdown || info->shutdown_reason != LIBXL_SHUTDOWN_REASON_SUSPEND) {
        remove_stale(driver, domain);
        return false;
    }
    if (!is_saved) {
        g_message("domain '%s' was being saved, and goes on", domain->name);
        go_on(driver, domain, info->domid);
        return false;
    }
    g_message("domain '%s' was saved; it is ended", domain->name);
    if (end_saved(driver, domain, &error))
        return true;
    g_warning("domain '%s' can't be ended: %s", domain->name, error->message);
    return false;
}
