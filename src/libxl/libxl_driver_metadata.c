/* What applications note about a domain. See libxl_driver.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_metadata.h"
#include "libxl/libxl_change.h"

char *
libxl_driver_domain_get_metadata(LibxlDriver *driver, const guint8 *uuid, int type, const char *uri,
                                 guint flags, GError **error)
{
    LibxlDomain *domain;
    const DomainDef *def;
    char *value = NULL;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
                                  "virDomainGetMetadata", error) ||
        !(domain = libxl_driver_find_and_lock(driver, uuid, error)))
        return NULL;
    def = libxl_driver_choose_definition(domain, flags, error);
    if (def)
        value = domain_metadata_get(def, type, uri, error);
    libxl_driver_unlock_domain(domain);
    return value;
}

static bool
edit_metadata(LibxlDriver *driver, DomainDef *def, gconstpointer data, GError **error)
{
    const LibxlMetadata *metadata = data;

    return domain_metadata_set(def, metadata->type, metadata->value, metadata->key, metadata->uri,
                               error);
}

static void
tell_metadata(LibxlDriver *driver, LibxlDomain *domain, guint flags, gconstpointer data)
{
    const LibxlMetadata *metadata = data;

    libxl_driver_emit_event(driver, domain,
                            (LibxlDriverEvent){.id = VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
                                               .type = metadata->type,
                                               .uri = g_strdup(metadata->uri)});
}

bool
libxl_driver_domain_set_metadata(LibxlDriver *driver, const guint8 *uuid,
                                 const LibxlMetadata *metadata, guint flags, GError **error)
{
    static const LibxlChange change = {.edit = edit_metadata, .tell = tell_metadata};

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
                                  "virDomainSetMetadata", error))
        return false;
    return libxl_change(driver, uuid, flags, &change, metadata, error);
}
