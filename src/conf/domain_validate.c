/* The rules that a client's definition is checked against; see
 * domain_def_validate(). Those of a device family are in the family's file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/domain_devices.h"
#include "util/error.h"
#include "util/i18n.h"

/* The name is a file's name on disk. */
static bool
validate_name(const DomainDef *def, GError **error)
{
    if (strchr(def->name, '/'))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("name %s cannot contain '/'"),
                                def->name);
    if (strchr(def->name, '\n'))
        return virtxl_error_set(error, VIR_ERR_XML_DETAIL, _("invalid char in name '%s'"),
                                def->name);
    if (strcmp(def->name, ".") == 0 || strcmp(def->name, "..") == 0)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("name cannot be '%s'"), def->name);
    return true;
}

/* What no hypervisor of this type can do, and libvirt refuses to define. */
static bool
validate_kept(const DomainDef *def, GError **error)
{
    static const struct {
        const char *parent; /* NULL: the domain */
        const char *element;
    } impossible[] = {
        {NULL, "maxMemory"}, {NULL, "vcpus"}, {"devices", "memory"}, {"devices", "redirdev"}};

    for (gsize i = 0; i < G_N_ELEMENTS(impossible); i++) {
        const xmlNode *node = conf_xml_kept_child(def->kept, impossible[i].parent);

        for (; node; node = node->next) {
            if (conf_xml_is(node, impossible[i].element))
                return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                        _("domain '%s': <%s> is not possible on Xen"), def->name,
                                        impossible[i].element);
        }
    }
    return true;
}

bool
domain_def_validate(const DomainDef *def, GError **error)
{
    if (!validate_name(def, error))
        return false;
    if (def->title && strchr(def->title, '\n'))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Domain title of '%s' can't contain newlines"), def->name);
    if (def->vcpus_max == 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s' must have at least one vCPU"), def->name);
    return validate_kept(def, error) && domain_devices_validate(def, error);
}
