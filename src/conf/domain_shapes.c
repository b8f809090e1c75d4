/* The shape of <domain>; see domain_shapes.h. Here: what has no file of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_shapes.h"

#include "conf/conf_xml_tools.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/uuid.h"

/* --- <clock>, <pm>, <perf> ------------------------------------------------------------ */

static ConfNames tick_policies = {"delay", "catchup", "merge", "discard", NULL};
static ConfNames tracks = {"boot", "guest", "wall", "realtime", NULL};
static ConfNames perf_events = {
    "cmt",
    "mbmt",
    "mbml",
    "cpu_cycles",
    "instructions",
    "cache_references",
    "cache_misses",
    "branch_instructions",
    "branch_misses",
    "bus_cycles",
    "stalled_cycles_frontend",
    "stalled_cycles_backend",
    "ref_cpu_cycles",
    "cpu_clock",
    "task_clock",
    "page_faults",
    "context_switches",
    "cpu_migrations",
    "page_faults_min",
    "page_faults_maj",
    "alignment_faults",
    "emulation_faults",
    NULL,
};

static const ConfShapeAttr catchup_attributes[] = {
    {"threshold", CONF_SHAPE_UINT},
    {"slew", CONF_SHAPE_UINT},
    {"limit", CONF_SHAPE_UINT},
    {NULL},
};

static bool
finish_catchup(xmlNode *catchup, GError **error)
{
    return conf_shape_is(catchup->parent, "tickpolicy", "catchup") ||
           virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("setting of timer catchup policies is only supported with "
                              "tickpolicy='catchup'"));
}

static const ConfShape timer_children[] = {
    {"catchup", CONF_SHAPE_DROP_EMPTY, catchup_attributes, .finish = finish_catchup},
    {NULL},
};

static const ConfShapeAttr timer_attributes[] = {
    {"name"},
    {"present", CONF_SHAPE_YES_NO},
    {"tickpolicy", CONF_SHAPE_NAME, tick_policies},
    {"track", CONF_SHAPE_NAME, tracks},
    {"frequency", CONF_SHAPE_UINT},
    {"mode"},
    {NULL},
};

static const ConfShape clock_children[] = {
    {"timer", CONF_SHAPE_REPEATED, timer_attributes, timer_children},
    {NULL},
};

static const ConfShapeAttr sleep_attributes[] = {{"enabled", CONF_SHAPE_YES_NO}, {NULL}};

static const ConfShape pm_children[] = {
    {"suspend-to-mem", CONF_SHAPE_DROP_EMPTY, sleep_attributes},
    {"suspend-to-disk", CONF_SHAPE_DROP_EMPTY, sleep_attributes},
    {NULL},
};

static const ConfShapeAttr event_attributes[] = {
    {"name", CONF_SHAPE_NAME, perf_events, .required = true},
    {"enabled", CONF_SHAPE_YES_NO, .required = true},
    {NULL},
};

static const ConfShape perf_children[] = {
    {"event", CONF_SHAPE_REPEATED, event_attributes, .sorted_by = "name"},
    {NULL},
};

/* --- <genid>, <vcpus>, <resource> ------------------------------------------------------------ */

static bool
finish_genid(xmlNode *genid, GError **error)
{
    xmlChar *content = xmlNodeGetContent(genid);
    g_autofree char *text = g_strstrip(g_strdup((const char *)content));
    unsigned char uuid[UUID_SIZE];
    char tidy[UUID_STRING_SIZE];

    xmlFree(content);
    if (!*text)
        uuid_generate(uuid);
    else if (!uuid_parse(text, uuid))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("malformed genid element '%s'"),
                                text);
    uuid_format(uuid, tidy);
    xmlNodeSetContent(genid, (const xmlChar *)tidy);
    return true;
}

static const ConfShapeAttr max_memory_attributes[] = {
    {"slots", CONF_SHAPE_UINT},
    {"unit"},
    {NULL},
};

static bool
finish_max_memory(xmlNode *memory, GError **error)
{
    return conf_shape_number(memory, "slots", 0) > 0 ||
           virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("both maximum memory size and memory slot count must be specified"));
}

static const ConfShapeAttr vcpu_attributes[] = {
    {"id", CONF_SHAPE_UINT, .required = true},
    {"enabled", CONF_SHAPE_YES_NO},
    {"hotpluggable", CONF_SHAPE_YES_NO},
    {"order", CONF_SHAPE_UINT},
    {NULL},
};

static const ConfShape vcpus_children[] = {
    {"vcpu", CONF_SHAPE_REPEATED, vcpu_attributes, .sorted_by = "id"},
    {NULL},
};

static const ConfShape resource_children[] = {{"partition"}, {"fibrechannel"}, {NULL}};

/* --- security ------------------------------------------------------------------------------------ */

static ConfNames label_types = {"none", "dynamic", "static", NULL};
static ConfNames launch_types = {"sev", "s390-pv", NULL};
static ConfNames cipher_names = {"aes", "dea", NULL};
static ConfNames lock_failure_actions = {"default", "poweroff", "restart", "pause", "ignore", NULL};

static const ConfShapeAttr label_attributes[] = {
    {"type", CONF_SHAPE_NAME, label_types},
    {"model"},
    {"relabel", CONF_SHAPE_YES_NO},
    {NULL},
};

static const ConfShape label_children[] = {
    {"label"},
    {"imagelabel"},
    {"baselabel"},
    {NULL},
};

static bool
finish_label(xmlNode *seclabel, GError **error)
{
    bool is_none = conf_shape_is(seclabel, "type", "none");
    bool is_static = conf_shape_is(seclabel, "type", "static");

    if (!conf_xml_has_attr(seclabel, "type"))
        return true;
    if (is_none && conf_shape_is(seclabel, "relabel", "yes"))
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("resource relabeling is not compatible with 'none' label type"));
    if (is_static && !conf_xml_written_child(seclabel, "label"))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("security label is missing"));
    conf_shape_drop(seclabel, "imagelabel"); /* of a live definition */
    if (!conf_xml_has_attr(seclabel, "relabel") && !is_none)
        conf_shape_set(seclabel, "relabel", is_static ? "no" : "yes");
    return true;
}

static const ConfShapeAttr launch_attributes[] = {
    {"type", CONF_SHAPE_NAME, launch_types, .required = true},
    {"kernelHashes", CONF_SHAPE_YES_NO},
    {NULL},
};

static const ConfShape launch_children[] = {
    {"cbitpos"}, {"reducedPhysBits"}, {"policy"}, {"dhCert"}, {"session"}, {NULL},
};

static bool
finish_launch(xmlNode *launch, GError **error)
{
    return !conf_shape_is(launch, "type", "sev") || conf_xml_written_child(launch, "policy") ||
           virtxl_error_set(error, VIR_ERR_XML_ERROR, _("failed to get launch security policy"));
}

static const ConfShapeAttr cipher_attributes[] = {
    {"name", CONF_SHAPE_NAME, cipher_names, .required = true},
    {"state", CONF_SHAPE_ON_OFF, .required = true},
    {NULL},
};

static const ConfShape keywrap_children[] = {
    {"cipher", CONF_SHAPE_REPEATED, cipher_attributes},
    {NULL},
};

static bool
finish_lock_failure(xmlNode *node, GError **error)
{
    xmlChar *content = xmlNodeGetContent(node);
    g_autofree char *action = g_strdup((const char *)content);

    xmlFree(content);
    return conf_names_find(lock_failure_actions, action) >= 0 ||
           virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("unknown on_lockfailure action: %s"), action);
}

static const ConfShapeAttr map_attributes[] = {
    {"start", CONF_SHAPE_UINT, .required = true},
    {"target", CONF_SHAPE_UINT, .required = true},
    {"count", CONF_SHAPE_UINT, .required = true},
    {NULL},
};

static const ConfShape idmap_children[] = {
    {"uid", CONF_SHAPE_REPEATED, map_attributes, .sorted_by = "start"},
    {"gid", CONF_SHAPE_REPEATED, map_attributes, .sorted_by = "start"},
    {NULL},
};

static bool
finish_idmap(xmlNode *idmap, GError **error)
{
    return !conf_xml_written_child(idmap, "uid") == !conf_xml_written_child(idmap, "gid") ||
           virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("uid and gid should be mapped both"));
}

/* --- all of it ----------------------------------------------------------------------------------- */

static const ConfShape other_shapes[] = {
    {"genid", .finish = finish_genid},
    {"maxMemory", .attributes = max_memory_attributes, .text = CONF_SHAPE_SIZE,
     .finish = finish_max_memory},
    {"vcpus", .children = vcpus_children},
    {"resource", .children = resource_children},
    {"idmap", CONF_SHAPE_DROP_EMPTY, .children = idmap_children, .finish = finish_idmap},
    {"clock", CONF_SHAPE_LOOSE, .children = clock_children},
    {"on_lockfailure", .finish = finish_lock_failure},
    {"pm", CONF_SHAPE_DROP_EMPTY, .children = pm_children},
    {"perf", CONF_SHAPE_DROP_EMPTY, .children = perf_children},
    {"seclabel", CONF_SHAPE_REPEATED | CONF_SHAPE_DROP_EMPTY, label_attributes, label_children,
     .finish = finish_label},
    {"keywrap", CONF_SHAPE_DROP_EMPTY, .children = keywrap_children},
    {"launchSecurity", .attributes = launch_attributes, .children = launch_children,
     .finish = finish_launch},
    {NULL},
};

bool
domain_shapes_apply(xmlNode *domain, GError **error)
{
    const ConfShape *const tables[] = {
        domain_cpu_shapes,     domain_features_shapes, domain_tune_shapes,
        domain_sysinfo_shapes, other_shapes,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        const ConfShape shape = {"domain", CONF_SHAPE_LOOSE, .children = tables[i]};

        if (!conf_shape_apply(domain, &shape, error))
            return false;
    }
    return true;
}
