/* <features><xen> and <features><hyperv>; see features_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/features_conf.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "util/error.h"
#include "util/i18n.h"

static ConfNames passthrough_mode_names = {"", "sync_pt", "share_pt", NULL};

static ConfNames hyperv_mode_names = {"none", "custom", "passthrough", NULL};

static ConfNames hyperv_names = {
    "relaxed", "vapic", "spinlocks", "vpindex",     "runtime",         "synic",
    "stimer",  "reset", "vendor_id", "frequencies", "reenlightenment", "tlbflush",
    "ipi",     "evmcs", "avic",      NULL,
};

/* state='on' or 'off', which must be there. */
static bool
parse_state(xmlNode *node, ConfTristate *state, GError **error)
{
    if (!conf_xml_attr_on_off(node, "state", state, error))
        return false;
    return *state != CONF_TRISTATE_ABSENT || conf_xml_refuse_missing(node, "state", error);
}

/* --- <xen> ----------------------------------------------------------------- */

static bool
parse_passthrough(DomainFeaturesDef *def, xmlNode *node, GError **error)
{
    int mode = DOMAIN_PASSTHROUGH_DEFAULT;

    if (!parse_state(node, &def->passthrough, error) ||
        !conf_xml_attr_enum(node, "mode", passthrough_mode_names, &mode, VIR_ERR_XML_ERROR, error))
        return false;
    def->passthrough_mode = (DomainPassthroughMode)mode;
    return true;
}

static bool
parse_xen(DomainFeaturesDef *def, xmlNode *xen, GError **error)
{
    for (xmlNode *node = NULL; (node = conf_xml_next_child(xen, node, NULL));) {
        bool ok;

        if (node->ns)
            continue;
        if (conf_xml_is(node, "e820_host"))
            ok = parse_state(node, &def->e820_host, error);
        else if (conf_xml_is(node, "passthrough"))
            ok = parse_passthrough(def, node, error);
        else
            ok = virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                  _("unsupported Xen feature: %s"), (const char *)node->name);
        if (!ok)
            return false;
    }
    return true;
}

/* --- <hyperv> -------------------------------------------------------------- */

static bool
parse_hyperv(DomainFeaturesDef *def, xmlNode *hyperv, GError **error)
{
    int mode = 0;

    if (!conf_xml_attr_enum(hyperv, "mode", hyperv_mode_names, &mode, VIR_ERR_XML_ERROR, error))
        return false;
    def->hyperv_passthrough = mode == conf_names_find(hyperv_mode_names, "passthrough");
    for (xmlNode *node = NULL; (node = conf_xml_next_child(hyperv, node, NULL));) {
        int feature = node->ns ? -1 : conf_names_find(hyperv_names, (const char *)node->name);

        if (node->ns)
            continue;
        if (feature < 0)
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("unsupported HyperV Enlightenment feature: %s"),
                                    (const char *)node->name);
        if (!parse_state(node, &def->hyperv[feature], error))
            return false;
    }
    return true;
}

bool
domain_features_parse_nested(DomainFeaturesDef *def, xmlNode *features, GError **error)
{
    static const struct {
        const char *name;
        bool (*parse)(DomainFeaturesDef *, xmlNode *, GError **);
    } elements[] = {{"xen", parse_xen}, {"hyperv", parse_hyperv}};

    for (gsize i = 0; i < G_N_ELEMENTS(elements); i++) {
        xmlNode *node = conf_xml_child(features, elements[i].name);

        if (!node)
            continue;
        if (!elements[i].parse(def, node, error))
            return false;
        conf_xml_unsee(node);
    }
    return true;
}
