/* What is in a definition, and given back, and that Xen can't provide.
 *
 * Whoever writes a device expects the guest to have it, and what protects a device is
 * expected to do so: a start without it would be a start of something else. Not in the
 * table, and no reason to refuse: what only describes another device (<audio>, <hub>,
 * <redirfilter>), and what managers write for every guest, which does as well without:
 * <rng>, and <panic>, which each guest of Xen has anyway. An element that nobody knows
 * is kept for who does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/disk_conf.h"
#include "conf/net_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

static ConfNames devices = {
    "crypto", "filesystem", "iommu", "lease", "memory",   "nvram", "redirdev",
    "shmem",  "smartcard",  "tpm",   "vsock", "watchdog", NULL,
};

/* Of the domain, of <cputune>, of disks and their <source>, and of interfaces. */
static ConfNames domain_parts = {"launchSecurity", NULL};
/* Scheduling policies of Linux, for threads that a guest of Xen has not got. libxl's own
 * parameters of a single vCPU (libxl_vcpu_sched_params, RTDS only) are periods and budgets. */
static ConfNames cputune_parts = {"vcpusched", NULL};
static ConfNames disk_parts = {"auth", "encryption", NULL};
static ConfNames net_parts = {"filterref", "vlan", NULL};

/* Refuses @node and its siblings if their names are in @names. @where: the device. */
static bool
check(const DomainDef *def, const xmlNode *node, const char *const *names, const char *where,
      GError **error)
{
    for (; node; node = node->next) {
        if (!node->ns && conf_names_find(names, (const char *)node->name) >= 0)
            return libxl_conf_refuse(def, error, _("%s<%s> is not possible on Xen"), where,
                                     (const char *)node->name);
    }
    return true;
}

static bool
check_disk(const DomainDef *def, const DomainDiskDef *disk, GError **error)
{
    g_autofree char *where = g_strdup_printf(_("disk '%s': "), disk->target);

    return check(def, conf_xml_kept_child(disk->info.kept, NULL), disk_parts, where, error) &&
           check(def, conf_xml_kept_child(disk->info.kept, "source"), disk_parts, where, error);
}

/* A port of the bridge that may not talk to other such ports. */
static bool
is_isolated(const xmlNode *node)
{
    for (; node; node = node->next) {
        xmlChar *value = conf_xml_is(node, "port")
                             ? xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)"isolated")
                             : NULL;
        bool isolated = g_strcmp0((const char *)value, "yes") == 0;

        xmlFree(value);
        if (isolated)
            return true;
    }
    return false;
}

static bool
check_net(const DomainDef *def, const DomainNetDef *net, GError **error)
{
    g_autofree char *mac = domain_net_mac_string(net->mac);
    g_autofree char *where = g_strdup_printf(_("interface %s: "), mac);

    if (is_isolated(conf_xml_kept_child(net->info.kept, NULL)))
        return libxl_conf_refuse(def, error, _("%s<port isolated='yes'> is not possible on Xen"),
                                 where);
    return check(def, conf_xml_kept_child(net->info.kept, NULL), net_parts, where, error);
}

/* Arguments for the device model, as they are: <xen:commandline><xen:arg value=''/>. */
static void
map_command_line(const DomainDef *def, libxl_domain_build_info *info)
{
    const xmlNode *node = conf_xml_kept_child(def->kept, NULL);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();

    while (node && !conf_xml_is_of_xen(node, "commandline"))
        node = node->next;
    for (node = node ? node->children : NULL; node; node = node->next) {
        xmlChar *value = conf_xml_is_of_xen(node, "arg")
                             ? xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)"value")
                             : NULL;

        if (value)
            g_ptr_array_add(arguments, g_strdup((const char *)value));
        xmlFree(value);
    }
    if (arguments->len > 0)
        info->extra = libxl_conf_string_list(arguments);
}

bool
libxl_conf_check_kept(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    map_command_line(def, &config->b_info);
    for (guint i = 0; i < def->disks->len; i++) {
        if (!check_disk(def, def->disks->pdata[i], error))
            return false;
    }
    for (guint i = 0; i < def->nets->len; i++) {
        if (!check_net(def, def->nets->pdata[i], error))
            return false;
    }
    return check(def, conf_xml_kept_child(def->kept, NULL), domain_parts, "", error) &&
           check(def, conf_xml_kept_child(def->kept, "cputune"), cputune_parts, "<cputune>",
                 error) &&
           check(def, conf_xml_kept_child(def->kept, "devices"), devices, "", error);
}
