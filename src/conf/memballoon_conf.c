/* The memory balloon: <memballoon>; see memballoon_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/memballoon_conf.h"

#include "conf/conf_xml_tools.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_memballoon_model_names = {
    "virtio", "xen", "none", "virtio-transitional", "virtio-non-transitional", NULL,
};

static const ConfXmlOrder memballoon_order[] = {{"stats"},   {"alias"},  {"rom"}, {"acpi"},
                                                {"address"}, {"driver"}, {NULL}};

DomainMemballoonDef *
domain_memballoon_def_new(DomainMemballoonModel model)
{
    DomainMemballoonDef *def = g_new0(DomainMemballoonDef, 1);

    def->model = model;
    return def;
}

void
domain_memballoon_def_free(DomainMemballoonDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    g_free(def);
}

static bool
parse_memballoon(DomainMemballoonDef *def, xmlNode *node, GError **error)
{
    xmlNode *stats = conf_xml_child(node, "stats");
    int model = -1, period = 0;

    if (!conf_xml_attr_enum(node, "model", domain_memballoon_model_names, &model, VIR_ERR_XML_ERROR,
                            error))
        return false;
    if (model < 0)
        return conf_xml_refuse_missing(node, "model", error);
    def->model = (DomainMemballoonModel)model;
    /* libvirt reads a period of less than 0 as none */
    if (stats && !conf_xml_attr_int(stats, "period", &period, NULL, VIR_ERR_XML_ERROR, error))
        return false;
    def->stats_period = (unsigned)MAX(period, 0);
    return conf_xml_attr_on_off(node, "autodeflate", &def->autodeflate, error) &&
           conf_xml_attr_on_off(node, "freePageReporting", &def->free_page_reporting, error);
}

DomainMemballoonDef *
domain_memballoon_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    g_autoptr(DomainMemballoonDef) def = domain_memballoon_def_new(DOMAIN_MEMBALLOON_VIRTIO);

    if (!parse_memballoon(def, node, error) ||
        !domain_device_info_parse(&def->info, node, context, error))
        return NULL;
    return g_steal_pointer(&def);
}

void
domain_memballoon_def_format(const DomainMemballoonDef *def, xmlNode *devices, unsigned flags)
{
    xmlNode *memballoon = conf_xml_add(devices, "memballoon");

    conf_xml_set(memballoon, "model", domain_memballoon_model_names[def->model]);
    conf_xml_set_on_off(memballoon, "autodeflate", def->autodeflate);
    conf_xml_set_on_off(memballoon, "freePageReporting", def->free_page_reporting);
    if (def->stats_period > 0)
        conf_xml_setf(conf_xml_add(memballoon, "stats"), "period", "%u", def->stats_period);
    domain_device_info_format(&def->info, memballoon, memballoon_order, flags);
}

/* --- in a domain ---------------------------------------------------------- */

bool
domain_memballoon_imply(DomainDef *def, const DomainParseContext *context G_GNUC_UNUSED,
                        GError **error G_GNUC_UNUSED)
{
    if (def->memballoons->len == 0)
        g_ptr_array_add(def->memballoons, domain_memballoon_def_new(DOMAIN_MEMBALLOON_XEN));
    return true;
}

bool
domain_memballoons_validate(const DomainDef *def, GError **error)
{
    if (def->memballoons->len > 1)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("only a single memory balloon device is supported"));
    return true;
}
