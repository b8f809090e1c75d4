/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_driver_save.h"

#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_lifecycle.h"
#include "libxl/libxl_save.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"

#define STATE_FLAGS (VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED)
#define SAVE_FLAGS  (STATE_FLAGS | VIR_DOMAIN_SAVE_BYPASS_CACHE)

/* --- save and restore ------------------------------------------------------ */

bool
libxl_driver_domain_save(LibxlDriver *driver, const guint8 *uuid, const char *path, const char *xml,
                         guint flags, GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_save_check_flags(flags, SAVE_FLAGS, "virDomainSaveFlags", error) ||
        !(domain = libxl_driver_begin_active(driver, uuid, error)))
        return false;
    ok = libxl_save_write(driver, domain, path, xml, flags, error);
    libxl_driver_note_job(driver, domain, VIR_DOMAIN_JOB_OPERATION_SAVE, ok);
    libxl_driver_end(domain);
    return ok;
}

bool
libxl_driver_domain_restore(LibxlDriver *driver, const char *path, const char *xml, guint flags,
                            GError **error)
{
    g_autoptr(LibxlImage) image = NULL;
    g_autoptr(DomainDef) def = NULL;
    LibxlDomain *domain;
    bool ok;

    if (!libxl_save_check_flags(flags, SAVE_FLAGS, "virDomainRestoreFlags", error) ||
        !(image = libxl_image_open(path, error)) ||
        !(def = libxl_save_parse(driver, image, xml, error)) ||
        !(domain = libxl_driver_obtain(driver, def, error)))
        return false;
    ok = libxl_driver_check_inactive(domain, error) &&
         libxl_store_check_no_managed_save(driver, domain, error) &&
         libxl_save_restore(driver, domain, image, def, flags, error);
    libxl_driver_note_job(driver, domain, VIR_DOMAIN_JOB_OPERATION_RESTORE, ok);
    libxl_driver_end_obtained(driver, domain);
    return ok;
}

/* --- typed parameters ------------------------------------------------------ */

static bool
read_param(const virTypedParameter *param, LibxlSaveParams *read, GError **error)
{
    const char **slot;

    if (g_str_equal(param->field, VIR_DOMAIN_SAVE_PARAM_FILE))
        slot = &read->path;
    else if (g_str_equal(param->field, VIR_DOMAIN_SAVE_PARAM_DXML))
        slot = &read->xml;
    else
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("saving and restoring know no parameter '%s'"), param->field);
    if (param->type != VIR_TYPED_PARAM_STRING)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("parameter '%s' is not a string"),
                                param->field);
    if (*slot)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("parameter '%s' is there twice"),
                                param->field);
    *slot = param->value.s;
    return true;
}

bool
libxl_save_params_read(const GArray *params, LibxlSaveParams *read, GError **error)
{
    *read = (LibxlSaveParams){0};
    for (guint i = 0; i < params->len; i++) {
        if (!read_param(&g_array_index(params, virTypedParameter, i), read, error))
            return false;
    }
    return true;
}

bool
libxl_restore_params_read(const GArray *params, LibxlSaveParams *read, GError **error)
{
    return libxl_save_params_read(params, read, error) &&
           (read->path || virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                           _("what to restore from is missing: parameter '%s'"),
                                           VIR_DOMAIN_SAVE_PARAM_FILE));
}

/* --- managed save ---------------------------------------------------------- */

static bool
save_managed(LibxlDriver *driver, LibxlDomain *domain, const char *xml, guint flags, GError **error)
{
    g_autofree char *path = libxl_store_get_managed_save_path(driver, domain);

    if (!domain->persistent)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("transient domain '%s' would not be there to start again"),
                                domain->name);
    return file_make_directory(driver->config->save_dir, 0700, error) &&
           libxl_save_write(driver, domain, path, xml, flags, error);
}

bool
libxl_driver_domain_managed_save(LibxlDriver *driver, const guint8 *uuid, const char *xml,
                                 guint flags, GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_save_check_flags(flags, SAVE_FLAGS, "virDomainManagedSave", error) ||
        !(domain = libxl_driver_begin_active(driver, uuid, error)))
        return false;
    ok = save_managed(driver, domain, xml, flags, error);
    libxl_driver_note_job(driver, domain, VIR_DOMAIN_JOB_OPERATION_SAVE, ok);
    libxl_driver_end(domain);
    return ok;
}

bool
libxl_driver_domain_managed_save_remove(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                        GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags, 0, "virDomainManagedSaveRemove", error) ||
        !(domain = libxl_driver_begin(driver, uuid, error)))
        return false;
    ok = libxl_store_remove_managed_save(driver, domain, error);
    libxl_driver_end(domain);
    return ok;
}

/* --- what is in an image --------------------------------------------------- */

char *
libxl_driver_domain_save_image_get_xml_desc(LibxlDriver *driver, const char *path, guint flags,
                                            GError **error)
{
    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE,
                                  "virDomainSaveImageGetXMLDesc", error))
        return NULL;
    return libxl_save_describe(driver, path, flags, error);
}

bool
libxl_driver_domain_save_image_define_xml(LibxlDriver *driver, const char *path, const char *xml,
                                          guint flags, GError **error)
{
    return libxl_save_check_flags(flags, STATE_FLAGS, "virDomainSaveImageDefineXML", error) &&
           libxl_save_redefine(driver, path, xml, flags, error);
}

/* The domain with its job held, and the path of its managed save. */
static LibxlDomain *
begin_saved(LibxlDriver *driver, const guint8 *uuid, char **path, GError **error)
{
    LibxlDomain *domain = libxl_driver_begin(driver, uuid, error);

    if (!domain)
        return NULL;
    *path = libxl_store_get_managed_save_path(driver, domain);
    if (libxl_store_has_managed_save(driver, domain))
        return domain;
    virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no managed save image"),
                     domain->name);
    libxl_driver_end(domain);
    return NULL;
}

char *
libxl_driver_domain_managed_save_get_xml_desc(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                              GError **error)
{
    g_autofree char *path = NULL;
    LibxlDomain *domain;
    char *xml;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE,
                                  "virDomainManagedSaveGetXMLDesc", error) ||
        !(domain = begin_saved(driver, uuid, &path, error)))
        return NULL;
    xml = libxl_save_describe(driver, path, flags, error);
    libxl_driver_end(domain);
    return xml;
}

bool
libxl_driver_domain_managed_save_define_xml(LibxlDriver *driver, const guint8 *uuid,
                                            const char *xml, guint flags, GError **error)
{
    g_autofree char *path = NULL;
    LibxlDomain *domain;
    bool ok;

    if (!libxl_save_check_flags(flags, STATE_FLAGS, "virDomainManagedSaveDefineXML", error) ||
        !(domain = begin_saved(driver, uuid, &path, error)))
        return false;
    ok = libxl_save_redefine(driver, path, xml, flags, error);
    libxl_driver_end(domain);
    return ok;
}

/* --- core dump ------------------------------------------------------------- */

static bool
dump(LibxlDriver *driver, LibxlDomain *domain, const char *path, guint flags, GError **error)
{
    const XenHostOps *ops = driver->host->ops;
    guint32 domid = (guint32)domain->live->id;
    bool pause = !(flags & VIR_DUMP_LIVE) && domain->state == VIR_DOMAIN_RUNNING;
    g_autoptr(GError) detail = NULL;
    bool ok;

    if (pause && !ops->pause(driver->host, domid, error))
        return false;
    ok = ops->dump_core(driver->host, domid, path, error);
    if (ok && (flags & VIR_DUMP_CRASH))
        return libxl_lifecycle_destroy(driver, domain, VIR_DOMAIN_SHUTOFF_CRASHED,
                                       VIR_DOMAIN_EVENT_STOPPED_CRASHED, error);
    if (!pause || ops->unpause(driver->host, domid, &detail))
        return ok;
    if (ok)
        g_propagate_error(error, g_steal_pointer(&detail));
    return false;
}

bool
libxl_driver_domain_core_dump(LibxlDriver *driver, const guint8 *uuid, const char *path,
                              guint flags, GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags, VIR_DUMP_LIVE | VIR_DUMP_CRASH, "virDomainCoreDump",
                                  error))
        return false;
    if ((flags & VIR_DUMP_LIVE) && (flags & VIR_DUMP_CRASH))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("a dump is either of a guest that goes on or of one that ends"));
    if (!g_path_is_absolute(path))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("'%s' is not an absolute path"),
                                path);
    domain = libxl_driver_begin_active(driver, uuid, error);
    if (!domain)
        return false;
    ok = dump(driver, domain, path, flags, error);
    libxl_driver_note_job(driver, domain, VIR_DOMAIN_JOB_OPERATION_DUMP, ok);
    libxl_driver_end(domain);
    return ok;
}
