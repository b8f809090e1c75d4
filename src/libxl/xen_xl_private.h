/* What the files of xen_xl.h share; nobody else includes it.
 *
 * Both ways go through the definition's XML, as a tree: so each setting is written down
 * beside the element it is, whether src/conf models that element or keeps it as it came.
 *
 *   xen_xl.c           the two ways, and the table of families
 *   xen_xl_config.c    xl.cfg as text
 *   xen_xl_guest.c     name, memory, CPUs, actions, and all settings that are one element
 *   xen_xl_os.c        how the guest boots, features
 *   xen_xl_clock.c     clock and timers, CPU model
 *   xen_xl_numa.c      the guest's NUMA nodes
 *   xen_xl_disk.c      disks
 *   xen_xl_net.c       network interfaces
 *   xen_xl_chr.c       serial and parallel ports, channels
 *   xen_xl_graphics.c  graphics
 *   xen_xl_emulated.c  video, sound, input
 *   xen_xl_command.c   arguments for the device model
 *   xen_xl_hostdev.c   devices of the host, USB and xenbus controllers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml_tools.h"
#include "libxl/xen_xl.h"
#include "libxl/xen_xl_config.h"

/* A family: some settings and the elements that they are. */
typedef struct {
    /* Adds elements to @domain, a tree that domain_def_parse_node() will read. Errors:
     * VIR_ERR_CONF_SYNTAX and others. */
    bool (*parse)(XenXlConfig *config, xmlNode *domain, GError **error);
    /* Adds lines to @out. What it does not read of @domain counts as ignored. */
    void (*format)(xmlNode *domain, GString *out);
} XenXlFamily;

bool xen_xl_guest_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_guest_format(xmlNode *domain, GString *out);
bool xen_xl_features_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_features_format(xmlNode *domain, GString *out);
bool xen_xl_clock_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_clock_format(xmlNode *domain, GString *out);
bool xen_xl_plain_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_plain_format(xmlNode *domain, GString *out);
bool xen_xl_os_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_os_format(xmlNode *domain, GString *out);
bool xen_xl_cpu_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_cpu_format(xmlNode *domain, GString *out);
bool xen_xl_numa_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_numa_format(xmlNode *domain, GString *out);
bool xen_xl_disks_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_disks_format(xmlNode *domain, GString *out);
bool xen_xl_nets_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_nets_format(xmlNode *domain, GString *out);
bool xen_xl_ports_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_ports_format(xmlNode *domain, GString *out);
bool xen_xl_channels_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_channels_format(xmlNode *domain, GString *out);
bool xen_xl_graphics_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_graphics_format(xmlNode *domain, GString *out);
bool xen_xl_emulated_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_emulated_format(xmlNode *domain, GString *out);
bool xen_xl_hostdevs_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_hostdevs_format(xmlNode *domain, GString *out);
bool xen_xl_command_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_command_format(xmlNode *domain, GString *out);
bool xen_xl_controllers_parse(XenXlConfig *config, xmlNode *domain, GError **error);
void xen_xl_controllers_format(xmlNode *domain, GString *out);

/* The element at @path ("os/type") below @node: the first of each name. NULL if there is
 * none; xen_xl_make() makes what is not there. */
xmlNode *xen_xl_find(xmlNode *node, const char *path);
xmlNode *xen_xl_make(xmlNode *node, const char *path);

/* What is written there (new string): an attribute, or the text if @attribute is NULL.
 * NULL if there is none. */
char *xen_xl_get(xmlNode *node, const char *path, const char *attribute);
void xen_xl_set(xmlNode *node, const char *path, const char *attribute, const char *value);

/* Adds a device; and iterates over devices called @name as conf_xml_next_child() does. */
xmlNode *xen_xl_add_device(xmlNode *domain, const char *name);
xmlNode *xen_xl_next_device(xmlNode *domain, xmlNode *previous, const char *name);

/* Whether the tree's guest is an HVM guest: <os><type> is the first that is parsed. */
bool xen_xl_is_hvm(xmlNode *domain);
