/* vnuma=, a list of lists: for each of the guest's nodes its size, its virtual CPUs and how
 * far the other nodes are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

#define KIB_PER_MIB 1024
#define MIB_MAX     (G_GUINT64_CONSTANT(1) << 40)

/* --- reading ---------------------------------------------------------------------- */

static void
add_distances(xmlNode *cell, const char *text)
{
    g_auto(GStrv) values = g_strsplit(text, ",", -1);

    for (guint i = 0; values[i]; i++) {
        xmlNode *sibling = conf_xml_add(xen_xl_make(cell, "distances"), "sibling");

        conf_xml_setf(sibling, "id", "%u", i);
        conf_xml_set(sibling, "value", g_strstrip(values[i]));
    }
}

/* A part that is there again counts as the last one of a setting does. */
static void
replace_attr(xmlNode *cell, const char *name, const char *value)
{
    xmlSetProp(cell, (const xmlChar *)name, (const xmlChar *)value);
}

static bool
set_size(xmlNode *cell, const char *text, GError **error)
{
    g_autofree char *kib = NULL;
    guint64 mib;

    if (!conf_parse_uint64(text, &mib) || mib > MIB_MAX)
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("vnuma: '%s' is no number of MiB"),
                                text);
    kib = g_strdup_printf("%" G_GUINT64_FORMAT, mib * KIB_PER_MIB);
    replace_attr(cell, "memory", kib);
    replace_attr(cell, "unit", "KiB");
    return true;
}

/* @id is the node's place in the list; a definition can't say on which node of the host
 * it is, unless that is the same number, as it is where nobody said. */
static bool
set_part(XenXlConfig *config, xmlNode *cell, guint id, const char *part, GError **error)
{
    g_auto(GStrv) pair = g_strsplit(part, "=", 2);
    guint64 pnode;

    if (!pair[0] || !pair[1])
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("vnuma: '%s' has no value"), part);
    g_strstrip(pair[0]);
    g_strstrip(pair[1]);
    if (strcmp(pair[0], "size") == 0)
        return set_size(cell, pair[1], error);
    if (strcmp(pair[0], "vcpus") == 0)
        replace_attr(cell, "cpus", pair[1]);
    else if (strcmp(pair[0], "vdistances") == 0 && !conf_xml_written_child(cell, "distances"))
        add_distances(cell, pair[1]);
    else if (strcmp(pair[0], "pnode") != 0 || !conf_parse_uint64(pair[1], &pnode) || pnode != id)
        xen_xl_config_ignore(config, "vnuma", part);
    return true;
}

static ConfNames cell_order = {"id", "cpus", "memory", "unit", NULL};

bool
xen_xl_numa_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) nodes = xen_xl_config_lists(config, "vnuma", error);

    for (guint i = 0; nodes && i < nodes->len; i++) {
        const GPtrArray *parts = nodes->pdata[i];
        xmlNode *cell = conf_xml_add(xen_xl_make(domain, "cpu/numa"), "cell");

        conf_xml_setf(cell, "id", "%u", i);
        for (guint j = 0; j < parts->len; j++) {
            if (!set_part(config, cell, i, parts->pdata[j], error))
                return false;
        }
        conf_xml_order_attributes(cell, cell_order);
    }
    return nodes != NULL;
}

/* --- writing ---------------------------------------------------------------------- */

/* Distances to all nodes, or none: a list with gaps can't be said. */
static char *
format_distances(xmlNode *cell)
{
    xmlNode *distances = conf_xml_child(cell, "distances");
    g_autoptr(GString) text = g_string_new("vdistances=");
    guint count = 0;

    for (xmlNode *sibling = NULL;
         distances && (sibling = conf_xml_next_child(distances, sibling, "sibling")); count++) {
        g_autofree char *id = conf_xml_attr(sibling, "id");
        g_autofree char *value = conf_xml_attr(sibling, "value");
        guint64 number;

        if (!id || !value || !conf_parse_uint64(id, &number) || number != count) {
            conf_xml_unsee(distances);
            return NULL;
        }
        g_string_append_printf(text, "%s%s", count ? "," : "", value);
    }
    return count ? g_strdup(text->str) : NULL;
}

static GPtrArray *
format_cell(xmlNode *cell, guint id)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *memory = conf_xml_attr(cell, "memory");
    g_autofree char *cpus = conf_xml_attr(cell, "cpus");
    char *distances = format_distances(cell);

    conf_xml_drop_attr(cell, "id");
    conf_xml_drop_attr(cell, "unit");
    g_ptr_array_add(parts, g_strdup_printf("pnode=%u", id));
    if (memory)
        g_ptr_array_add(parts, g_strdup_printf("size=%" G_GUINT64_FORMAT,
                                               g_ascii_strtoull(memory, NULL, 10) / KIB_PER_MIB));
    if (cpus)
        g_ptr_array_add(parts, g_strdup_printf("vcpus=%s", cpus));
    if (distances)
        g_ptr_array_add(parts, distances);
    return parts;
}

void
xen_xl_numa_format(xmlNode *domain, GString *out)
{
    xmlNode *numa = xen_xl_find(domain, "cpu/numa");
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);

    for (xmlNode *cell = NULL; numa && (cell = conf_xml_next_child(numa, cell, "cell"));)
        g_ptr_array_add(cells, format_cell(cell, cells->len));
    xen_xl_put_lists(out, "vnuma", cells);
}
