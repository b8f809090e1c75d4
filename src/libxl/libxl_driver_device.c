/* The operations on devices of the driver's API: see libxl_driver.h.
 *
 * A device is attached to, or detached from, what runs (live), the definition for the
 * next start (config), or both. The new definition is made and checked first, and
 * written; if then the live part fails, the old one is written back.
 *
 * Live, the driver knows how to do it for channels only (libxl_channel_hotplug.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define G_LOG_DOMAIN "virtxl-driver"

#include <string.h>

#include "conf/domain_device_edit.h"
#include "libxl/libxl_channel.h"
#include "libxl/libxl_channel_hotplug.h"
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/i18n.h"

#define LIVE   VIR_DOMAIN_AFFECT_LIVE
#define CONFIG VIR_DOMAIN_AFFECT_CONFIG
#define FORCE  VIR_DOMAIN_DEVICE_MODIFY_FORCE

/* A call under way, with the domain's job held. */
typedef struct {
    LibxlDriver *driver;
    LibxlDomain *domain;
    const char *xml;   /* the device, or NULL: */
    const char *alias; /* its alias */
    guint flags;       /* with LIVE, CONFIG or both */
} Request;

/* --- what to change ----------------------------------------------------------- */

static bool
resolve_flags(const LibxlDomain *domain, guint *flags, GError **error)
{
    if (!(*flags & (LIVE | CONFIG)))
        *flags |= domain->live ? LIVE : CONFIG;
    if ((*flags & LIVE) && !domain->live)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
                                domain->name);
    if ((*flags & CONFIG) && !domain->persistent)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("domain '%s' is transient and does not have any persistent "
                                  "config"),
                                domain->name);
    if ((*flags & LIVE) && domain->is_foreign)
        return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                                _("domain '%s' belongs to another toolstack, and so do its "
                                  "devices"),
                                domain->name);
    return libxl_driver_check_not_domain_zero(domain, error);
}

static bool
is_channel(const DomainDeviceFamily *family)
{
    return strcmp(family->element, "channel") == 0;
}

/* Families of which a device can come and go without touching others. */
static bool
check_config_family(const LibxlDomain *domain, const DomainDeviceFamily *family, GError **error)
{
    static const char *const elements[] = {"channel", "controller", "disk", "interface", NULL};

    if (g_strv_contains(elements, family->element))
        return true;
    return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("domain '%s': persistent attach or detach of device type '%s' is "
                              "not supported"),
                            domain->name, family->element);
}

static DomainDevice *
parse(const Request *request, unsigned flags, GError **error)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(request->driver);

    return domain_device_parse_string(request->xml, &defaults, flags, error);
}

/* --- finding what is to be detached ---------------------------------------------- */

static bool
set_missing(const DomainDef *def, const DomainDevice *device, GError **error)
{
    const DomainChrDef *channel = device->device;

    if (is_channel(device->family) && channel->target_name)
        return virtxl_error_set(error, VIR_ERR_DEVICE_MISSING,
                                _("domain '%s' has no such channel named '%s'"), def->name,
                                channel->target_name);
    return virtxl_error_set(error, VIR_ERR_DEVICE_MISSING,
                            _("domain '%s' has no such device of type '%s'"), def->name,
                            device->family->element);
}

/* In @def, by XML parsed with @flags or by alias. Returns NULL on error. */
static gpointer
find(const Request *request, const DomainDef *def, unsigned flags,
     const DomainDeviceFamily **family, GError **error)
{
    g_autoptr(DomainDevice) device = NULL;
    gpointer found;

    if (request->alias) {
        found = domain_def_find_alias(def, request->alias, family);
        if (!found)
            virtxl_error_set(error, VIR_ERR_DEVICE_MISSING,
                             _("domain '%s' has no device with alias '%s'"), def->name,
                             request->alias);
        return found;
    }
    device = parse(request, flags, error);
    if (!device)
        return NULL;
    *family = device->family;
    found = is_channel(device->family) ? libxl_channel_find(def, device)
                                       : domain_def_find_device(def, device);
    if (!found)
        set_missing(def, device, error);
    return found;
}

/* --- the definition for the next start ------------------------------------------- */

static bool
check_is_new(const DomainDef *def, const DomainDevice *device, GError **error)
{
    const DomainDeviceInfo *info = device->device;
    const DomainDeviceFamily *family;

    if (is_channel(device->family) && !libxl_channel_check_name_is_free(def, device->device, error))
        return false;
    if (!info->alias || !domain_def_find_alias(def, info->alias, &family))
        return true;
    return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("domain '%s': non unique alias '%s'"),
                            def->name, info->alias);
}

/* Each of these makes a definition that is another one's, with or without a device, or
 * returns NULL. */
typedef DomainDef *(*ChangeFunc)(const Request *request, GError **error);

static DomainDef *
with_device(const Request *request, GError **error)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(request->driver);
    const LibxlDriverConfig *config = request->driver->config;
    g_autoptr(DomainDevice) device = parse(request, DOMAIN_PARSE_INACTIVE, error);
    g_autoptr(DomainDef) next = domain_def_copy(request->domain->persistent);

    if (!device || !check_config_family(request->domain, device->family, error) ||
        !check_is_new(next, device, error) ||
        !domain_def_add_device(next, device, &defaults, DOMAIN_PARSE_INACTIVE, error))
        return NULL;
    libxl_channels_drop_automatic_paths(next, config);
    if (!domain_def_validate(next, error) || !libxl_channels_check(next, config, error))
        return NULL;
    return g_steal_pointer(&next);
}

static DomainDef *
without_device(const Request *request, GError **error)
{
    g_autoptr(DomainDef) next = domain_def_copy(request->domain->persistent);
    const DomainDeviceFamily *family;
    gpointer device = find(request, next, DOMAIN_PARSE_INACTIVE, &family, error);

    if (!device || !check_config_family(request->domain, family, error))
        return NULL;
    domain_def_remove_device(next, family, device);
    return g_steal_pointer(&next);
}

/* --- what runs -------------------------------------------------------------------- */

static bool
set_only_channels(const Request *request, const DomainDeviceFamily *family, const char *what,
                  GError **error)
{
    return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("domain '%s': device type '%s' cannot be %s while the domain runs"),
                            request->domain->name, family->element, what);
}

typedef bool (*LiveFunc)(const Request *request, GError **error);

static bool
attach_live(const Request *request, GError **error)
{
    g_autoptr(DomainDevice) device = parse(request, DOMAIN_PARSE_INACTIVE, error);

    if (!device)
        return false;
    if (!is_channel(device->family))
        return set_only_channels(request, device->family, "attached", error);
    return check_is_new(request->domain->live, device, error) &&
           libxl_channel_attach(request->driver, request->domain, device, error);
}

static bool
detach_live(const Request *request, GError **error)
{
    const DomainDeviceFamily *family;
    gpointer device = find(request, request->domain->live, 0, &family, error);

    if (!device)
        return false;
    if (!is_channel(family))
        return set_only_channels(request, family, "detached", error);
    return libxl_channel_detach(request->driver, request->domain, device, request->flags & FORCE,
                                error);
}

/* --- both -------------------------------------------------------------------------- */

static void
write_back(const Request *request)
{
    g_autoptr(GError) error = NULL;

    if (!libxl_store_save_definition(request->driver, request->domain->persistent, &error))
        g_warning("%s", error->message);
}

static bool
change(const Request *request, ChangeFunc change_config, LiveFunc change_live, GError **error)
{
    g_autoptr(DomainDef) next = NULL;

    if (request->flags & CONFIG) {
        next = change_config(request, error);
        if (!next || !libxl_store_save_definition(request->driver, next, error))
            return false;
    }
    if ((request->flags & LIVE) && !change_live(request, error)) {
        if (next)
            write_back(request);
        return false;
    }
    if (next)
        libxl_domain_set_persistent(request->domain, g_steal_pointer(&next));
    return true;
}

static bool
run(Request *request, const guint8 *uuid, ChangeFunc change_config, LiveFunc change_live,
    GError **error)
{
    bool ok;

    request->domain = libxl_driver_begin(request->driver, uuid, error);
    if (!request->domain)
        return false;
    ok = resolve_flags(request->domain, &request->flags, error) &&
         change(request, change_config, change_live, error);
    libxl_driver_end(request->domain);
    return ok;
}

bool
libxl_driver_domain_attach_device(LibxlDriver *driver, const guint8 *uuid, const char *xml,
                                  guint flags, GError **error)
{
    Request request = {.driver = driver, .xml = xml, .flags = flags};

    return libxl_driver_check_flags(flags, LIVE | CONFIG, "virDomainAttachDeviceFlags", error) &&
           run(&request, uuid, with_device, attach_live, error);
}

bool
libxl_driver_domain_detach_device(LibxlDriver *driver, const guint8 *uuid, const char *xml,
                                  guint flags, GError **error)
{
    Request request = {.driver = driver, .xml = xml, .flags = flags};

    return libxl_driver_check_flags(flags, LIVE | CONFIG | FORCE, "virDomainDetachDeviceFlags",
                                    error) &&
           run(&request, uuid, without_device, detach_live, error);
}

bool
libxl_driver_domain_detach_device_alias(LibxlDriver *driver, const guint8 *uuid, const char *alias,
                                        guint flags, GError **error)
{
    Request request = {.driver = driver, .alias = alias, .flags = flags};

    return libxl_driver_check_flags(flags, LIVE | CONFIG | FORCE, "virDomainDetachDeviceAlias",
                                    error) &&
           run(&request, uuid, without_device, detach_live, error);
}
