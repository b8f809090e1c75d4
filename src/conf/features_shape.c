/* The shape of what is in <features>. Their order is domain_features_order.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/domain_shapes.h"
#include "util/error.h"
#include "util/i18n.h"

#define SPINLOCK_RETRIES_MIN 4095
#define VENDOR_ID_MAX        12
/* Entries of KVM's dirty ring. */
#define RING_MIN             1024
#define RING_MAX             65536

static ConfNames hyperv_modes = {"custom", "passthrough", NULL};
static ConfNames passthrough_modes = {"sync_pt", "share_pt", NULL};
static ConfNames capability_policies = {"default", "allow", "deny", NULL};
static ConfNames gic_versions = {"2", "3", "host", NULL};
static ConfNames ioapic_drivers = {"qemu", "kvm", NULL};
static ConfNames hpt_resizings = {"enabled", "disabled", "required", NULL};
static ConfNames unknown_msrs = {"ignore", "fault", NULL};
static ConfNames spectre_values = {"broken", "workaround", "fixed", NULL};
static ConfNames branch_values = {"broken",    "workaround", "fixed-ibs",
                                  "fixed-ccd", "fixed-na",   NULL};

static const ConfShapeAttr state_required[] = {
    {"state", CONF_SHAPE_ON_OFF, .required = true},
    {NULL},
};

static const ConfShapeAttr state_on[] = {
    {"state", CONF_SHAPE_ON_OFF, .absent = "on"},
    {NULL},
};

/* What is switched off has no parameters. */
static void
drop_parameters(xmlNode *node)
{
    while (node->children) {
        xmlNode *child = node->children;

        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
    for (xmlAttr *attr = node->properties, *next; attr; attr = next) {
        next = attr->next;
        if (strcmp((const char *)attr->name, "state") != 0)
            xmlRemoveProp(attr);
    }
}

static bool
finish_switch(xmlNode *node, GError **error G_GNUC_UNUSED)
{
    if (conf_shape_is(node, "state", "off"))
        drop_parameters(node);
    return true;
}

/* Drops the parameters of what is off; else attribute @name must be there. */
static bool
finish_parameter(xmlNode *node, const char *name, GError **error)
{
    finish_switch(node, NULL);
    return conf_shape_is(node, "state", "off") || conf_xml_has_attr(node, name) ||
           conf_xml_refuse_missing(node, name, error);
}

/* --- <hyperv> ------------------------------------------------------------------------- */

static const ConfShapeAttr spinlocks_attributes[] = {
    {"state", CONF_SHAPE_ON_OFF, .required = true},
    {"retries", CONF_SHAPE_UINT},
    {NULL},
};

static bool
finish_spinlocks(xmlNode *node, GError **error)
{
    if (!finish_parameter(node, "retries", error))
        return false;
    return conf_shape_number(node, "retries", SPINLOCK_RETRIES_MIN) >= SPINLOCK_RETRIES_MIN ||
           virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("HyperV spinlock retry count must be at least %d"),
                            SPINLOCK_RETRIES_MIN);
}

static const ConfShapeAttr vendor_id_attributes[] = {
    {"state", CONF_SHAPE_ON_OFF, .required = true},
    {"value"},
    {NULL},
};

static bool
finish_vendor_id(xmlNode *node, GError **error)
{
    g_autofree char *value = NULL;

    if (!finish_parameter(node, "value", error))
        return false;
    value = conf_shape_get(node, "value");
    if (value && strlen(value) > VENDOR_ID_MAX)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("HyperV vendor_id value must not be more than %d characters."),
                                VENDOR_ID_MAX);
    return !value || !strchr(value, ',') ||
           virtxl_error_set(error, VIR_ERR_XML_ERROR, _("HyperV vendor_id value is invalid"));
}

static const ConfShape stimer_children[] = {{"direct", .attributes = state_required}, {NULL}};

static const ConfShape hyperv_children[] = {
    {"relaxed", CONF_SHAPE_LAST, state_required},
    {"vapic", CONF_SHAPE_LAST, state_required},
    {"spinlocks", CONF_SHAPE_LAST, spinlocks_attributes, .finish = finish_spinlocks},
    {"vpindex", CONF_SHAPE_LAST, state_required},
    {"runtime", CONF_SHAPE_LAST, state_required},
    {"synic", CONF_SHAPE_LAST, state_required},
    {"stimer", CONF_SHAPE_LAST | CONF_SHAPE_CLOSED, state_required, stimer_children,
     .finish = finish_switch},
    {"reset", CONF_SHAPE_LAST, state_required},
    {"vendor_id", CONF_SHAPE_LAST, vendor_id_attributes, .finish = finish_vendor_id},
    {"frequencies", CONF_SHAPE_LAST, state_required},
    {"reenlightenment", CONF_SHAPE_LAST, state_required},
    {"tlbflush", CONF_SHAPE_LAST, state_required},
    {"ipi", CONF_SHAPE_LAST, state_required},
    {"evmcs", CONF_SHAPE_LAST, state_required},
    {"avic", CONF_SHAPE_LAST, state_required},
    {NULL},
};

static const ConfShapeAttr hyperv_attributes[] = {
    {"mode", CONF_SHAPE_NAME, hyperv_modes, .absent = "custom"},
    {NULL},
};

/* --- <kvm>, <xen>, <capabilities> -------------------------------------------------------- */

static const ConfShapeAttr ring_attributes[] = {
    {"state", CONF_SHAPE_ON_OFF, .required = true},
    {"size", CONF_SHAPE_UINT},
    {NULL},
};

static bool
finish_ring(xmlNode *node, GError **error)
{
    guint64 size;

    if (!finish_parameter(node, "size", error))
        return false;
    size = conf_shape_number(node, "size", RING_MIN);
    return (size >= RING_MIN && size <= RING_MAX && (size & (size - 1)) == 0) ||
           virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("dirty ring must be power of 2 and ranges [%d, %d]"), RING_MIN,
                            RING_MAX);
}

static const ConfShape kvm_children[] = {
    {"hidden", CONF_SHAPE_LAST, state_required},
    {"hint-dedicated", CONF_SHAPE_LAST, state_required},
    {"poll-control", CONF_SHAPE_LAST, state_required},
    {"pv-ipi", CONF_SHAPE_LAST, state_required},
    {"dirty-ring", CONF_SHAPE_LAST, ring_attributes, .finish = finish_ring},
    {NULL},
};

static const ConfShapeAttr passthrough_attributes[] = {
    {"state", CONF_SHAPE_ON_OFF, .required = true},
    {"mode", CONF_SHAPE_NAME, passthrough_modes},
    {NULL},
};

static const ConfShape xen_children[] = {
    {"e820_host", CONF_SHAPE_LAST, state_required},
    {"passthrough", CONF_SHAPE_LAST, passthrough_attributes, .finish = finish_switch},
    {NULL},
};

static const ConfShapeAttr capabilities_attributes[] = {
    {"policy", CONF_SHAPE_NAME, capability_policies, .absent = "default"},
    {NULL},
};

/* The default policy without exceptions is none. */
static bool
finish_capabilities(xmlNode *node, GError **error G_GNUC_UNUSED)
{
    if (conf_shape_is(node, "policy", "default") && xmlChildElementCount(node) == 0)
        conf_shape_set(node, "policy", NULL);
    return true;
}

/* --- the others ------------------------------------------------------------------------------ */

static const ConfShapeAttr eoi_attributes[] = {{"eoi", CONF_SHAPE_ON_OFF}, {NULL}};
static const ConfShapeAttr gic_attributes[] = {
    {"version", CONF_SHAPE_NAME, gic_versions},
    {NULL},
};
static const ConfShapeAttr ioapic_attributes[] = {
    {"driver", CONF_SHAPE_NAME, ioapic_drivers},
    {NULL},
};
static const ConfShapeAttr hpt_attributes[] = {
    {"resizing", CONF_SHAPE_NAME, hpt_resizings},
    {NULL},
};
static const ConfShapeAttr msrs_attributes[] = {
    {"unknown", CONF_SHAPE_NAME, unknown_msrs, .required = true},
    {NULL},
};
static const ConfShapeAttr spectre_attributes[] = {
    {"value", CONF_SHAPE_NAME, spectre_values, .required = true},
    {NULL},
};
static const ConfShapeAttr branch_attributes[] = {
    {"value", CONF_SHAPE_NAME, branch_values, .required = true},
    {NULL},
};

static const ConfShape hpt_children[] = {{"maxpagesize", .text = CONF_SHAPE_SIZE}, {NULL}};
static const ConfShape tcg_children[] = {{"tb-cache", .text = CONF_SHAPE_SIZE}, {NULL}};

static const ConfShape features_children[] = {
    {"apic", CONF_SHAPE_LAST, eoi_attributes},
    {"hyperv", CONF_SHAPE_LAST, hyperv_attributes, hyperv_children},
    {"kvm", CONF_SHAPE_LAST | CONF_SHAPE_CLOSED, .children = kvm_children},
    {"xen", CONF_SHAPE_LAST, .children = xen_children},
    {"pvspinlock", CONF_SHAPE_LAST, state_on},
    {"pmu", CONF_SHAPE_LAST, state_on},
    {"vmport", CONF_SHAPE_LAST, state_on},
    {"smm", CONF_SHAPE_LAST, state_on, .finish = finish_switch},
    {"vmcoreinfo", CONF_SHAPE_LAST, state_on},
    {"htm", CONF_SHAPE_LAST, state_required},
    {"nested-hv", CONF_SHAPE_LAST, state_required},
    {"ccf-assist", CONF_SHAPE_LAST, state_required},
    {"gic", CONF_SHAPE_LAST, gic_attributes},
    {"ioapic", CONF_SHAPE_LAST | CONF_SHAPE_DROP_EMPTY, ioapic_attributes},
    {"hpt", CONF_SHAPE_LAST | CONF_SHAPE_DROP_EMPTY, hpt_attributes, hpt_children},
    {"msrs", CONF_SHAPE_LAST, msrs_attributes},
    {"cfpc", CONF_SHAPE_LAST, spectre_attributes},
    {"sbbc", CONF_SHAPE_LAST, spectre_attributes},
    {"ibs", CONF_SHAPE_LAST, branch_attributes},
    {"tcg", CONF_SHAPE_LAST | CONF_SHAPE_DROP_EMPTY, .children = tcg_children},
    {"capabilities", CONF_SHAPE_LAST | CONF_SHAPE_DROP_EMPTY, capabilities_attributes,
     .finish = finish_capabilities},
    {NULL},
};

const ConfShape domain_features_shapes[] = {
    {"features", CONF_SHAPE_LOOSE, .children = features_children},
    {NULL},
};
