/* The operations on devices of the driver's API: see libxl_driver.h.
 *
 * A device is attached to, or detached from, what runs (live), the definition for the
 * next start (config), or both. The new definition is made and checked first, and
 * written; if then the live part fails, the old one is written back.
 *
 * What is particular to a family of devices is in its row of the table in libxl_device.h;
 * a family without a row stays as it is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define G_LOG_DOMAIN "virtxl-driver"

#include <string.h>

#include "conf/domain_device_edit.h"
#include "libxl/libxl_channel.h"
#include "libxl/libxl_device_hotplug.h"
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
    if (!libxl_driver_resolve_affect(domain, flags, error))
        return false;
    if ((*flags & LIVE) && domain->is_foreign)
        return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                                _("domain '%s' belongs to another toolstack, and so do its "
                                  "devices"),
                                domain->name);
    return libxl_driver_check_not_domain_zero(domain, error);
}

static bool
check_family(const LibxlDomain *domain, const DomainDeviceFamily *family, const char *what,
             GError **error)
{
    if (libxl_device_family(family))
        return true;
    return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("domain '%s': device type '%s' cannot be %s"), domain->name,
                            family->element, what);
}

static bool
check_update(const LibxlDomain *domain, const DomainDeviceFamily *family, GError **error)
{
    const LibxlDeviceFamily *row = libxl_device_family(family);

    if (row && row->update)
        return true;
    return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("domain '%s': device type '%s' cannot be updated"), domain->name,
                            family->element);
}

static DomainDevice *
parse(const Request *request, unsigned flags, GError **error)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(request->driver);

    return domain_device_parse_string(request->xml, &defaults, flags, error);
}

/* --- finding what is to be detached ---------------------------------------------- */

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
    return libxl_device_find(def, device, error);
}

/* --- the definition for the next start ------------------------------------------- */

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

    if (!device || !check_family(request->domain, device->family, "attached", error) ||
        !libxl_device_check_is_new(next, device, error) ||
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

    if (!device || !check_family(request->domain, family, "detached", error))
        return NULL;
    domain_def_remove_device(next, family, device);
    return g_steal_pointer(&next);
}

static DomainDef *
with_update(const Request *request, GError **error)
{
    g_autoptr(DomainDevice) device = parse(request, DOMAIN_PARSE_INACTIVE, error);
    g_autoptr(DomainDef) next = domain_def_copy(request->domain->persistent);
    const LibxlDeviceFamily *row;
    gpointer found;

    if (!device || !check_update(request->domain, device->family, error))
        return NULL;
    row = libxl_device_family(device->family);
    found = libxl_device_find(next, device, error);
    if (!found || !row->update(next, found, device->device, error) ||
        !domain_def_validate(next, error))
        return NULL;
    return g_steal_pointer(&next);
}

/* --- what runs -------------------------------------------------------------------- */

typedef bool (*LiveFunc)(const Request *request, GError **error);

static bool
attach_live(const Request *request, GError **error)
{
    g_autoptr(DomainDevice) device = parse(request, DOMAIN_PARSE_INACTIVE, error);
    const LibxlDeviceFamily *row;

    if (!device || !check_family(request->domain, device->family, "attached", error))
        return false;
    row = libxl_device_family(device->family);
    if (!row->attach)
        return libxl_device_attach(request->driver, request->domain, device, error);
    return libxl_device_check_is_new(request->domain->live, device, error) &&
           row->attach(request->driver, request->domain, device, error);
}

static bool
detach_live(const Request *request, GError **error)
{
    bool force = request->flags & FORCE;
    const DomainDeviceFamily *family;
    const LibxlDeviceFamily *row;
    gpointer device = find(request, request->domain->live, 0, &family, error);

    if (!device || !check_family(request->domain, family, "detached", error))
        return false;
    row = libxl_device_family(family);
    if (!row->detach)
        return libxl_device_detach(request->driver, request->domain, family, device, force, error);
    return row->detach(request->driver, request->domain, device, force, error);
}

static bool
update_live(const Request *request, GError **error)
{
    g_autoptr(DomainDevice) device = parse(request, DOMAIN_PARSE_INACTIVE, error);

    return device && check_update(request->domain, device->family, error) &&
           libxl_device_update(request->driver, request->domain, device, error);
}

/* --- both -------------------------------------------------------------------------- */

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
            libxl_store_restore_definition(request->driver, request->domain);
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

/* The device with what the parser makes up, a MAC address: the definition for the next
 * start and what runs get the same. Returns a new string, or NULL. */
static char *
fill_in(LibxlDriver *driver, const char *xml, GError **error)
{
    Request request = {.driver = driver, .xml = xml};
    g_autoptr(DomainDevice) device = parse(&request, DOMAIN_PARSE_INACTIVE, error);

    return device ? domain_device_print(device) : NULL;
}

bool
libxl_driver_domain_attach_device(LibxlDriver *driver, const guint8 *uuid, const char *xml,
                                  guint flags, GError **error)
{
    g_autofree char *filled = NULL;
    Request request = {.driver = driver, .flags = flags};

    if (!libxl_driver_check_flags(flags, LIVE | CONFIG, "virDomainAttachDeviceFlags", error))
        return false;
    request.xml = filled = fill_in(driver, xml, error);
    return filled && run(&request, uuid, with_device, attach_live, error);
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

bool
libxl_driver_domain_update_device(LibxlDriver *driver, const guint8 *uuid, const char *xml,
                                  guint flags, GError **error)
{
    Request request = {.driver = driver, .xml = xml, .flags = flags};

    /* libxl changes a medium whatever the guest thinks of it: always by force. */
    return libxl_driver_check_flags(flags, LIVE | CONFIG | FORCE, "virDomainUpdateDeviceFlags",
                                    error) &&
           run(&request, uuid, with_update, update_live, error);
}
