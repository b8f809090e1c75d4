/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_store.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "libxl/libxl_agent.h"
#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"
#include "util/uuid.h"

#define USERDATA_KEY "libvirt-xml"

static char *
path_in(const char *directory, const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);

    return g_build_filename(directory, file, NULL);
}

/* --- definitions ---------------------------------------------------------- */

/* How the comment names the domain: it may be pasted into a shell, and "--"
 * can't be in a comment. */
static char *
name_in_comment(const DomainDef *def)
{
    char uuid[UUID_STRING_SIZE];

    if (def->name[strspn(def->name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.+")] == '\0' &&
        !strstr(def->name, "--") && def->name[0] != '-')
        return g_strdup(def->name);
    uuid_format(def->uuid, uuid);
    return g_strdup(uuid);
}

static bool
write_document(const char *path, const DomainDef *def, const char *xml, GError **error)
{
    g_autofree char *name = name_in_comment(def);
    g_autofree char *text = g_strdup_printf("<!--\n"
                                            "Written by the Xen driver. To change it, use\n"
                                            "  virsh edit %s\n"
                                            "since a change made here is overwritten without "
                                            "notice.\n"
                                            "-->\n\n%s",
                                            name, xml);

    return file_replace(path, text, strlen(text), 0600, error);
}

bool
libxl_store_save_definition(LibxlDriver *driver, const DomainDef *def, GError **error)
{
    g_autofree char *path = path_in(driver->config->config_dir, def->name, ".xml");
    g_autofree char *xml =
        domain_def_format(def, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE, error);

    return xml && write_document(path, def, xml, error);
}

void
libxl_store_restore_definition(LibxlDriver *driver, LibxlDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (!libxl_store_save_definition(driver, domain->persistent, &error))
        g_warning("%s", error->message);
}

bool
libxl_store_remove_definition(LibxlDriver *driver, LibxlDomain *domain, GError **error)
{
    g_autofree char *path = path_in(driver->config->config_dir, domain->name, ".xml");
    g_autofree char *link = path_in(driver->config->autostart_dir, domain->name, ".xml");

    return file_remove(link, error) && file_remove(path, error);
}

bool
libxl_store_set_autostart(LibxlDriver *driver, LibxlDomain *domain, bool autostart, GError **error)
{
    g_autofree char *path = path_in(driver->config->config_dir, domain->name, ".xml");
    g_autofree char *link = path_in(driver->config->autostart_dir, domain->name, ".xml");

    if (!file_remove(link, error))
        return false;
    if (!autostart)
        return true;
    return file_make_directory(driver->config->autostart_dir, 0700, error) &&
           file_make_link(link, path, error);
}

/* A link counts if it leads to this domain's definition, wherever it says that
 * is. */
static bool
has_autostart_link(LibxlDriver *driver, const char *name)
{
    g_autofree char *path = path_in(driver->config->config_dir, name, ".xml");
    g_autofree char *link = path_in(driver->config->autostart_dir, name, ".xml");
    g_autofree char *path_target = realpath(path, NULL);
    g_autofree char *link_target = realpath(link, NULL);

    return link_target && g_strcmp0(path_target, link_target) == 0;
}

static bool
load_definition(LibxlDriver *driver, const char *path, const char *name, GError **error)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(driver);
    g_autoptr(DomainDef) def = domain_def_parse_file(path, &defaults, DOMAIN_PARSE_INACTIVE, error);
    g_autoptr(LibxlDomain) domain = NULL;

    if (!def)
        return false;
    if (strcmp(def->name, name) != 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("the file's name does not match the name '%s' in it"), def->name);
    domain = libxl_domain_list_obtain(driver->domains, def->name, def->uuid, error);
    if (!domain || !libxl_domain_begin_job(domain, error))
        return false;
    if (!domain->persistent) {
        libxl_domain_set_autostart(domain, has_autostart_link(driver, name));
        libxl_domain_set_persistent(domain, g_steal_pointer(&def));
    }
    libxl_domain_end_job(domain);
    return true;
}

void
libxl_store_load_definitions(LibxlDriver *driver)
{
    g_autoptr(GDir) directory = g_dir_open(driver->config->config_dir, 0, NULL);
    const char *file;

    while (directory && (file = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(driver->config->config_dir, file, NULL);
        g_autofree char *name = NULL;
        g_autoptr(GError) error = NULL;

        if (!g_str_has_suffix(file, ".xml"))
            continue;
        name = g_strndup(file, strlen(file) - strlen(".xml"));
        if (!load_definition(driver, path, name, &error))
            g_warning("definition '%s' is left alone: %s", path, error->message);
    }
}

/* --- live domains --------------------------------------------------------- */

static bool
save_userdata(LibxlDriver *driver, const DomainDef *live, GError **error)
{
    g_autofree char *xml = domain_def_format(live, VIR_DOMAIN_XML_SECURE, error);

    return xml && driver->host->ops->store_userdata(driver->host, (guint32)live->id, USERDATA_KEY,
                                                    xml, strlen(xml) + 1, error);
}

bool
libxl_store_save_status(LibxlDriver *driver, const LibxlDomain *domain, const DomainDef *def,
                        virDomainState state, int reason, GError **error)
{
    g_autofree char *path = path_in(driver->config->state_dir, def->name, ".xml");
    g_autofree char *xml = domain_status_format(def, state, reason, getpid(),
                                                libxl_agent_get_timeout(domain->agent), error);

    return xml && write_document(path, def, xml, error);
}

bool
libxl_store_save_live(LibxlDriver *driver, LibxlDomain *domain, bool with_userdata, GError **error)
{
    return (!with_userdata || save_userdata(driver, domain->live, error)) &&
           libxl_store_save_status(driver, domain, domain->live, domain->state, domain->reason,
                                   error);
}

void
libxl_store_restore_live(LibxlDriver *driver, LibxlDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (!libxl_store_save_live(driver, domain, true, &error))
        g_warning("domain '%s': what is kept of it is not what runs: %s", domain->name,
                  error->message);
}

bool
libxl_store_change_live(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *next,
                        GError **error)
{
    if (save_userdata(driver, next, error) &&
        libxl_store_save_status(driver, domain, next, domain->state, domain->reason, error))
        return true;
    libxl_store_restore_live(driver, domain);
    return false;
}

void
libxl_store_remove_status(LibxlDriver *driver, const char *name)
{
    g_autofree char *path = path_in(driver->config->state_dir, name, ".xml");
    g_autoptr(GError) error = NULL;

    if (!file_remove(path, &error))
        g_warning("%s", error->message);
}

DomainStatus *
libxl_store_load_live(LibxlDriver *driver, const char *name)
{
    g_autofree char *path = path_in(driver->config->state_dir, name, ".xml");
    DomainParseDefaults defaults = libxl_driver_parse_defaults(driver);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    DomainStatus *status;

    if (strchr(name, '/') || !g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    status = domain_status_parse(text, &defaults, &error);
    if (!status)
        g_warning("status file '%s' is not used: %s", path, error->message);
    return status;
}

DomainDef *
libxl_store_load_userdata(LibxlDriver *driver, guint32 domid)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(driver);
    g_autofree char *data = NULL;
    g_autofree char *text = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;
    DomainDef *def = NULL;

    if (driver->host->ops->load_userdata(driver->host, domid, USERDATA_KEY, &data, &size, &error) &&
        data) {
        text = g_strndup(data, size);
        def = domain_def_parse_string(text, &defaults, DOMAIN_PARSE_COMPLETE, &error);
    }
    if (error)
        g_warning("domain id %u: its definition can't be read: %s", domid, error->message);
    return def;
}

/* --- autostart, managed save ---------------------------------------------- */

bool
libxl_store_claim_autostart(LibxlDriver *driver)
{
    g_autofree char *path = g_build_filename(driver->config->state_dir, "autostarted", NULL);

    /* The state directory is empty after a boot of the host. */
    return !g_file_test(path, G_FILE_TEST_EXISTS) && file_replace(path, "", 0, 0600, NULL);
}

char *
libxl_store_get_managed_save_path(LibxlDriver *driver, const LibxlDomain *domain)
{
    return path_in(driver->config->save_dir, domain->name, ".save");
}

bool
libxl_store_has_managed_save(LibxlDriver *driver, LibxlDomain *domain)
{
    g_autofree char *path = libxl_store_get_managed_save_path(driver, domain);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

bool
libxl_store_check_no_managed_save(LibxlDriver *driver, LibxlDomain *domain, GError **error)
{
    if (!libxl_store_has_managed_save(driver, domain))
        return true;
    return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                            _("domain '%s' has a managed save image; start it from that, or "
                              "remove the image first"),
                            domain->name);
}

bool
libxl_store_remove_managed_save(LibxlDriver *driver, LibxlDomain *domain, GError **error)
{
    g_autofree char *path = libxl_store_get_managed_save_path(driver, domain);

    return file_remove(path, error);
}
