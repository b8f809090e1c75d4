/* Arguments for the device model, as they are: device_model_args=.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/xen_xl_private.h"

static xmlNode *
add_element(xmlNode *parent, xmlNs *xen, const char *name)
{
    xmlNode *node = conf_xml_add(parent, name);

    xmlSetNs(node, xen);
    return node;
}

bool
xen_xl_command_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) arguments = xen_xl_config_list(config, "device_model_args", error);
    xmlNode *command;
    xmlNs *xen;

    if (!arguments || arguments->len == 0)
        return arguments != NULL;
    xen = xmlNewNs(domain, (const xmlChar *)CONF_XML_XEN_NAMESPACE, (const xmlChar *)"xen");
    command = add_element(domain, xen, "commandline");
    for (guint i = 0; i < arguments->len; i++)
        conf_xml_set(add_element(command, xen, "arg"), "value", arguments->pdata[i]);
    return true;
}

void
xen_xl_command_format(xmlNode *domain, GString *out)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    xmlNode *command = domain->children;

    while (command && !conf_xml_is_of_xen(command, "commandline"))
        command = command->next;
    if (!command)
        return;
    conf_xml_see(command);
    for (xmlNode *arg = command->children; arg; arg = arg->next) {
        char *value = conf_xml_is_of_xen(arg, "arg") ? conf_xml_attr(arg, "value") : NULL;

        if (!value)
            continue;
        conf_xml_see(arg);
        g_ptr_array_add(arguments, value);
    }
    xen_xl_put_list(out, "device_model_args", arguments);
}
