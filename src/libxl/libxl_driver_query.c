/* Getters of the driver's API: see libxl_driver.h. They answer from what the driver knows,
 * under a lock held for a moment. Lists are in libxl_driver_list.c, and what the hypervisor has
 * to be asked for is in libxl_driver_info.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/libxl_channel.h"
#include "libxl/libxl_driver_agent_private.h"
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- the connection and the host -------------------------------------------- */

guint64
libxl_driver_connect_get_version(LibxlDriver *driver)
{
    return driver->info.version;
}

const XenHostInfo *
libxl_driver_node_get_info(LibxlDriver *driver)
{
    return &driver->info;
}

char *
libxl_driver_connect_get_capabilities(LibxlDriver *driver)
{
    return g_strdup(driver->capabilities);
}

int
libxl_driver_connect_get_max_vcpus(LibxlDriver *driver, const char *type, GError **error)
{
    return (int)driver->info.max_vcpus;
}

/* --- a domain ------------------------------------------------------------------ */

LibxlDomain *
libxl_driver_find_and_lock(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    LibxlDomain *domain = libxl_driver_find(driver, uuid, error);

    if (!domain)
        return NULL;
    g_mutex_lock(&domain->lock);
    if (domain->live || domain->persistent)
        return domain;
    /* It ended after it was found. */
    g_mutex_unlock(&domain->lock);
    libxl_domain_unref(domain);
    return libxl_domain_not_found(uuid, error);
}

void
libxl_driver_unlock_domain(LibxlDomain *domain)
{
    g_mutex_unlock(&domain->lock);
    libxl_domain_unref(domain);
}

/* The definition that describes the domain now. */
static const DomainDef *
current_definition(const LibxlDomain *domain)
{
    return domain->live ? domain->live : domain->persistent;
}

const DomainDef *
libxl_driver_choose_definition(const LibxlDomain *domain, guint flags, GError **error)
{
    if ((flags & VIR_DOMAIN_AFFECT_LIVE) && (flags & VIR_DOMAIN_AFFECT_CONFIG)) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                         _("the flags for the live and the persistent definition of domain '%s' "
                           "exclude each other"),
                         domain->name);
        return NULL;
    }
    if (flags & VIR_DOMAIN_AFFECT_LIVE) {
        if (!domain->live)
            virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
                             domain->name);
        return domain->live;
    }
    if (flags & VIR_DOMAIN_AFFECT_CONFIG) {
        if (!domain->persistent)
            virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                             _("domain '%s' is transient: it has no persistent definition"),
                             domain->name);
        return domain->persistent;
    }
    return current_definition(domain);
}

int
libxl_driver_find_running(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    g_autoptr(LibxlDomain) domain = libxl_driver_find(driver, uuid, error);
    int id;

    if (!domain)
        return -1;
    id = libxl_domain_get_id(domain);
    if (id < 0)
        virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
                         domain->name);
    return id;
}

bool
libxl_driver_domain_get_state(LibxlDriver *driver, const guint8 *uuid, guint flags, int *state,
                              int *reason, GError **error)
{
    LibxlDomain *domain;

    if (!libxl_driver_check_flags(flags, 0, "virDomainGetState", error) ||
        !(domain = libxl_driver_find_and_lock(driver, uuid, error)))
        return false;
    *state = (int)domain->state;
    *reason = domain->reason;
    libxl_driver_unlock_domain(domain);
    return true;
}

/* Paths that are made at start say nothing about the next one. */
static char *
format_inactive(LibxlDriver *driver, const DomainDef *def, guint flags, GError **error)
{
    g_autoptr(DomainDef) copy = domain_def_copy(def);

    libxl_channels_drop_automatic_paths(copy, driver->config);
    return domain_def_format(copy, flags, error);
}

char *
libxl_driver_domain_get_xml_desc(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                 GError **error)
{
    const guint known = VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE |
                        VIR_DOMAIN_XML_UPDATE_CPU | VIR_DOMAIN_XML_MIGRATABLE;
    LibxlDomain *domain;
    char *xml;

    if (!libxl_driver_check_flags(flags, known, "virDomainGetXMLDesc", error) ||
        !(domain = libxl_driver_find_and_lock(driver, uuid, error)))
        return NULL;
    flags &= ~(guint)VIR_DOMAIN_XML_UPDATE_CPU;
    if (!(flags & VIR_DOMAIN_XML_INACTIVE))
        xml = domain_def_format(current_definition(domain), flags, error);
    else if (domain->persistent)
        xml = domain_def_format(domain->persistent, flags, error);
    else
        xml = format_inactive(driver, domain->live, flags, error);
    libxl_driver_unlock_domain(domain);
    return xml;
}

char *
libxl_driver_domain_get_os_type(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    LibxlDomain *domain = libxl_driver_find_and_lock(driver, uuid, error);
    const DomainDef *def;
    char *type;

    if (!domain)
        return NULL;
    def = current_definition(domain);
    /* XML says "linux" of a paravirtual guest, and the API "xen". */
    type =
        g_strdup(domain_os_type_names[domain_def_is_pv(def) ? DOMAIN_OS_TYPE_XEN : def->os.type]);
    libxl_driver_unlock_domain(domain);
    return type;
}

bool
libxl_driver_domain_get_max_memory(LibxlDriver *driver, const guint8 *uuid, guint64 *kib,
                                   GError **error)
{
    LibxlDomain *domain = libxl_driver_find_and_lock(driver, uuid, error);

    if (!domain)
        return false;
    *kib = current_definition(domain)->memory_max;
    libxl_driver_unlock_domain(domain);
    return true;
}

/* One yes or no about a domain: what @read says of it, under its lock. */
static bool
get_bool(LibxlDriver *driver, const guint8 *uuid, bool (*read)(const LibxlDomain *domain),
         bool *value, GError **error)
{
    LibxlDomain *domain = libxl_driver_find_and_lock(driver, uuid, error);

    if (!domain)
        return false;
    *value = read(domain);
    libxl_driver_unlock_domain(domain);
    return true;
}

static bool
has_autostart(const LibxlDomain *domain)
{
    return domain->autostart;
}

bool
libxl_driver_domain_get_autostart(LibxlDriver *driver, const guint8 *uuid, bool *autostart,
                                  GError **error)
{
    return get_bool(driver, uuid, has_autostart, autostart, error);
}

static bool
is_active(const LibxlDomain *domain)
{
    return domain->live != NULL;
}

bool
libxl_driver_domain_is_active(LibxlDriver *driver, const guint8 *uuid, bool *active, GError **error)
{
    return get_bool(driver, uuid, is_active, active, error);
}

static bool
is_persistent(const LibxlDomain *domain)
{
    return domain->persistent != NULL;
}

bool
libxl_driver_domain_is_persistent(LibxlDriver *driver, const guint8 *uuid, bool *persistent,
                                  GError **error)
{
    return get_bool(driver, uuid, is_persistent, persistent, error);
}

static bool
is_updated(const LibxlDomain *domain)
{
    return domain->is_updated;
}

bool
libxl_driver_domain_is_updated(LibxlDriver *driver, const guint8 *uuid, bool *updated,
                               GError **error)
{
    return get_bool(driver, uuid, is_updated, updated, error);
}

bool
libxl_driver_domain_has_managed_save_image(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                           bool *has, GError **error)
{
    g_autoptr(LibxlDomain) domain = NULL;

    if (!libxl_driver_check_flags(flags, 0, "virDomainHasManagedSaveImage", error) ||
        !(domain = libxl_driver_find(driver, uuid, error)))
        return false;
    *has = libxl_store_has_managed_save(driver, domain);
    return true;
}

int
libxl_driver_domain_get_vcpus_flags(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                    GError **error)
{
    const guint known = VIR_DOMAIN_VCPU_LIVE | VIR_DOMAIN_VCPU_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM |
                        VIR_DOMAIN_VCPU_GUEST;
    LibxlDomain *domain;
    const DomainDef *def;
    int count = -1;

    if (!libxl_driver_check_flags(flags, known, "virDomainGetVcpusFlags", error))
        return -1;
    if (flags & VIR_DOMAIN_VCPU_GUEST)
        return libxl_driver_agent_count_vcpus(driver, uuid, flags, error);
    domain = libxl_driver_find_and_lock(driver, uuid, error);
    if (!domain)
        return -1;
    def = libxl_driver_choose_definition(domain, flags & ~(guint)VIR_DOMAIN_VCPU_MAXIMUM, error);
    if (def)
        count = (int)(flags & VIR_DOMAIN_VCPU_MAXIMUM ? def->vcpus_max : def->vcpus);
    libxl_driver_unlock_domain(domain);
    return count;
}

/* --- messages ------------------------------------------------------------------ */

GStrv
libxl_driver_domain_get_messages(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                 GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    LibxlDomain *domain;

    if (!libxl_driver_check_flags(flags,
                                  VIR_DOMAIN_MESSAGE_DEPRECATION | VIR_DOMAIN_MESSAGE_TAINTING,
                                  "virDomainGetMessages", error) ||
        !(domain = libxl_driver_find_and_lock(driver, uuid, error)))
        return NULL;
    for (guint i = 0; i < domain->messages->len; i++) {
        if (!flags || (flags & VIR_DOMAIN_MESSAGE_TAINTING))
            g_strv_builder_add(builder, domain->messages->pdata[i]);
    }
    libxl_driver_unlock_domain(domain);
    return g_strv_builder_end(builder);
}
