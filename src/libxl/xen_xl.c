/* A domain definition as xl.cfg and back; see xen_xl.h.
 *
 * To read xl.cfg, each family turns its settings into elements, and what comes out is
 * parsed as any definition. To write it, the definition is printed, and each family turns
 * its elements into settings. What no family has asked for is what can't be said.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/xen_xl.h"

#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

/* In the order in which libvirt writes the settings. The type of the guest decides what
 * others mean and is parsed by the first. */
static const XenXlFamily families[] = {
    {xen_xl_guest_parse, xen_xl_guest_format},
    {xen_xl_features_parse, xen_xl_features_format},
    {xen_xl_clock_parse, xen_xl_clock_format},
    {xen_xl_plain_parse, xen_xl_plain_format},
    {xen_xl_nets_parse, xen_xl_nets_format},
    {xen_xl_hostdevs_parse, xen_xl_hostdevs_format},
    {xen_xl_ports_parse, xen_xl_ports_format},
    {xen_xl_channels_parse, xen_xl_channels_format},
    {xen_xl_os_parse, xen_xl_os_format},
    {xen_xl_cpu_parse, xen_xl_cpu_format},
    {xen_xl_numa_parse, xen_xl_numa_format},
    {xen_xl_graphics_parse, xen_xl_graphics_format},
    {xen_xl_disks_parse, xen_xl_disks_format},
    {xen_xl_emulated_parse, xen_xl_emulated_format},
    {xen_xl_controllers_parse, xen_xl_controllers_format},
    {xen_xl_command_parse, xen_xl_command_format},
};

/* What a definition always has and xl makes by itself. */
static ConfNames implied = {
    "@type", "devices/console", "devices/memballoon", "on_crash", NULL,
};

/* --- trees ------------------------------------------------------------------------ */

xmlNode *
xen_xl_find(xmlNode *node, const char *path)
{
    g_auto(GStrv) names = g_strsplit(path, "/", -1);

    for (char **name = names; *name && node; name++)
        node = conf_xml_next_child(node, NULL, *name);
    return node;
}

xmlNode *
xen_xl_make(xmlNode *node, const char *path)
{
    g_auto(GStrv) names = g_strsplit(path, "/", -1);

    for (char **name = names; *name; name++) {
        xmlNode *child = conf_xml_written_child(node, *name);

        node = child ? child : conf_xml_add(node, *name);
    }
    return node;
}

char *
xen_xl_get(xmlNode *node, const char *path, const char *attribute)
{
    xmlNode *found = xen_xl_find(node, path);

    if (!found)
        return NULL;
    return attribute ? conf_xml_attr(found, attribute) : conf_xml_text(found);
}

void
xen_xl_set(xmlNode *node, const char *path, const char *attribute, const char *value)
{
    xmlNode *made = xen_xl_make(node, path);

    if (attribute)
        conf_xml_set(made, attribute, value);
    else
        xmlNodeAddContent(made, (const xmlChar *)value);
}

xmlNode *
xen_xl_add_device(xmlNode *domain, const char *name)
{
    return conf_xml_add(xen_xl_make(domain, "devices"), name);
}

xmlNode *
xen_xl_next_device(xmlNode *domain, xmlNode *previous, const char *name)
{
    xmlNode *devices = xen_xl_find(domain, "devices");

    return devices ? conf_xml_next_child(devices, previous, name) : NULL;
}

bool
xen_xl_is_hvm(xmlNode *domain)
{
    g_autofree char *type = xen_xl_get(domain, "os/type", NULL);

    return g_strcmp0(type, "hvm") == 0;
}

/* --- reading ---------------------------------------------------------------------- */

/* XML can't have every byte that a quoted text can. */
static bool
check_characters(const char *text, GError **error)
{
    for (const char *c = text; *c; c++) {
        if (g_ascii_iscntrl(*c) && !strchr("\t\n\r", *c))
            return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                    _("the configuration has a control character, %#04x"), *c);
    }
    return g_utf8_validate(text, -1, NULL) ||
           virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("the configuration is not UTF-8"));
}

static DomainDef *
parse_tree(xmlNode *domain, const DomainParseDefaults *defaults, GError **error)
{
    g_autofree char *xml = conf_xml_print(domain, 0);
    g_autoptr(DomainDef) def = NULL;

    if (!check_characters(xml, error))
        return NULL;
    def = domain_def_parse_string(xml, defaults, DOMAIN_PARSE_INACTIVE, error);
    if (!def || !domain_def_validate(def, error))
        return NULL;
    return g_steal_pointer(&def);
}

DomainDef *
xen_xl_parse(const char *text, const DomainParseDefaults *defaults, GPtrArray **ignored,
             GError **error)
{
    g_autoptr(XenXlConfig) config = NULL;
    g_autoptr(xmlDoc) doc = conf_xml_new("domain");
    xmlNode *domain = conf_xml_root(doc);
    DomainDef *def;

    if (!check_characters(text, error) || !(config = xen_xl_config_parse(text, error)))
        return NULL;
    conf_xml_set(domain, "type", "xen");
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        if (!families[i].parse(config, domain, error))
            return NULL;
    }
    def = parse_tree(domain, defaults, error);
    if (def && ignored)
        *ignored = xen_xl_config_unread(config);
    return def;
}

/* --- writing ---------------------------------------------------------------------- */

static GPtrArray *
find_ignored(xmlNode *domain)
{
    GPtrArray *names = conf_xml_unseen(domain);

    for (guint i = names->len; i > 0; i--) {
        const char *name = names->pdata[i - 1];

        if (conf_names_find(implied, name) >= 0 || g_str_has_suffix(name, "/address") ||
            g_str_has_suffix(name, "/alias"))
            g_ptr_array_remove_index(names, i - 1);
    }
    return names;
}

char *
xen_xl_format(const DomainDef *def, GPtrArray **ignored, GError **error)
{
    g_autofree char *xml =
        domain_def_format(def, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE, error);
    g_autoptr(xmlDoc) doc = xml ? conf_xml_parse(xml, "domain_definition", "domain", error) : NULL;
    g_autoptr(GString) out = g_string_new(NULL);

    if (!doc)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++)
        families[i].format(conf_xml_root(doc), out);
    if (xen_xl_is_spoiled(out)) {
        virtxl_error_set(
            error, VIR_ERR_CONFIG_UNSUPPORTED,
            _("domain '%s': a device has a value with a comma, which xl.cfg can't say"), def->name);
        return NULL;
    }
    if (ignored)
        *ignored = find_ignored(conf_xml_root(doc));
    return g_strdup(out->str);
}
