/* What stands in a definition more than once; see domain_repeats.h.
 *
 * Both tables are what libvirt 9.0 was seen to do with two of each element.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_repeats.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- read as one -------------------------------------------------------------------- */

/* Children of <domain>. */
static ConfNames merged = {
    "os",      "features",    "cpu",   "clock", "pm",      "perf",          "cputune", "blkiotune",
    "memtune", "iothreadids", "vcpus", "idmap", "keywrap", "memoryBacking", "devices", NULL,
};

/* Moves what is in @other, which follows @first, into it. Of an attribute the first
 * counts. */
static void
merge(xmlNode *first, xmlNode *other)
{
    xmlNode *child;

    for (xmlAttr *attr = other->properties; attr; attr = attr->next) {
        g_autofree char *value = attr->ns ? NULL : conf_xml_attr(other, (const char *)attr->name);

        if (value && !conf_xml_has_attr(first, (const char *)attr->name))
            conf_xml_set(first, (const char *)attr->name, value);
    }
    while ((child = other->children)) {
        xmlUnlinkNode(child);
        xmlAddChild(first, child);
    }
    xmlUnlinkNode(other);
    xmlFreeNode(other);
}

static void
merge_children(xmlNode *domain)
{
    xmlNode *firsts[G_N_ELEMENTS(merged)] = {NULL};

    for (xmlNode *child = domain->children, *next; child; child = next) {
        int i = child->type == XML_ELEMENT_NODE && !child->ns
                    ? conf_names_find(merged, (const char *)child->name)
                    : -1;

        next = child->next;
        if (i >= 0 && firsts[i])
            merge(firsts[i], child);
        else if (i >= 0)
            firsts[i] = child;
    }
}

/* --- refused ------------------------------------------------------------------------ */

typedef struct {
    const char *scope; /* path of elements below <domain>, each of them by itself */
    const char *path;  /* below that: the elements that are counted */
    /* The attribute that tells them apart, or else the child element; NULL: there is one
     * at most */
    const char *key;
    virErrorNumber code;
} DomainRepeat;

/* In a path, "*" is any element. */
static const DomainRepeat refused[] = {
    {"", "genid", NULL, VIR_ERR_XML_ERROR},
    {"", "resource", NULL, VIR_ERR_XML_ERROR},
    {"", "numatune", NULL, VIR_ERR_XML_ERROR},
    {"", "seclabel", "model", VIR_ERR_XML_DETAIL},
    {"os", "acpi/table", NULL, VIR_ERR_XML_ERROR},
    {"cpu", "cache", NULL, VIR_ERR_XML_ERROR},
    {"cputune", "emulatorpin", NULL, VIR_ERR_XML_ERROR},
    {"cputune", "emulatorsched", NULL, VIR_ERR_XML_ERROR},
    {"cputune", "iothreadpin", "iothread", VIR_ERR_INTERNAL_ERROR},
    {"numatune", "memnode", "cellid", VIR_ERR_XML_ERROR},
    {"blkiotune", "device", "path", VIR_ERR_CONFIG_UNSUPPORTED},
    {"perf", "event", "name", VIR_ERR_XML_ERROR},
    {"keywrap", "cipher", "name", VIR_ERR_INTERNAL_ERROR},
    {"devices", "panic", "model", VIR_ERR_XML_ERROR},
    {"devices", "audio", "id", VIR_ERR_XML_ERROR},
    {"devices", "vsock", NULL, VIR_ERR_XML_ERROR},
    {"devices", "iommu", NULL, VIR_ERR_XML_ERROR},
    {"devices", "watchdog", NULL, VIR_ERR_INTERNAL_ERROR},
    {"devices", "nvram", NULL, VIR_ERR_INTERNAL_ERROR},
    {"devices", "redirfilter", NULL, VIR_ERR_INTERNAL_ERROR},
    {"devices/rng", "backend", NULL, VIR_ERR_XML_ERROR},
    {"devices/tpm", "backend", NULL, VIR_ERR_XML_ERROR},
    {"devices/controller", "target", NULL, VIR_ERR_XML_ERROR},
    {"devices/controller", "model", NULL, VIR_ERR_XML_ERROR},
    {"devices/*/source", "seclabel", "model", VIR_ERR_XML_DETAIL},
    {"devices/disk/source/cookies", "cookie", "name", VIR_ERR_XML_ERROR},
};

/* Whether @node is the element that @path begins with. */
static bool
is_step(const xmlNode *node, const char *path, gsize length)
{
    if (node->type != XML_ELEMENT_NODE || node->ns)
        return false;
    return (length == 1 && *path == '*') ||
           (strncmp((const char *)node->name, path, length) == 0 && node->name[length] == '\0');
}

/* Adds the elements at @path below @node to @found. */
static void
find_elements(xmlNode *node, const char *path, GPtrArray *found)
{
    gsize length = strcspn(path, "/");
    const char *rest = path[length] ? path + length + 1 : "";

    if (!*path) {
        g_ptr_array_add(found, node);
        return;
    }
    for (xmlNode *child = node->children; child; child = child->next) {
        if (is_step(child, path, length))
            find_elements(child, rest, found);
    }
}

/* What tells @node apart from its like; "" if it is not there. */
static char *
key_of(const xmlNode *node, const char *key)
{
    const xmlNode *child = conf_xml_written_child(node, key);
    xmlChar *value =
        child ? xmlNodeGetContent(child) : xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)key);
    char *copy = g_strdup(value ? (const char *)value : "");

    xmlFree(value);
    return copy;
}

static bool
refuse(const xmlNode *domain, const xmlNode *node, const DomainRepeat *repeat, GError **error)
{
    g_autofree char *name = key_of(domain, "name");
    g_autofree char *value = NULL;

    if (!repeat->key)
        return virtxl_error_set(error, repeat->code,
                                _("domain '%s': only one <%s> is allowed in <%s>"), name,
                                (const char *)node->name, (const char *)node->parent->name);
    value = key_of(node, repeat->key);
    return virtxl_error_set(
        error, repeat->code, _("domain '%s': two <%s> in <%s> have the %s '%s'"), name,
        (const char *)node->name, (const char *)node->parent->name, repeat->key, value);
}

static bool
check_scope(const xmlNode *domain, xmlNode *scope, const DomainRepeat *repeat, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    g_autoptr(GHashTable) keys = NULL;

    find_elements(scope, repeat->path, found);
    if (found->len < 2)
        return true;
    keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < found->len; i++) {
        const xmlNode *node = found->pdata[i];

        if (!g_hash_table_add(keys, repeat->key ? key_of(node, repeat->key) : g_strdup("")))
            return refuse(domain, node, repeat, error);
    }
    return true;
}

static bool
check(xmlNode *domain, const DomainRepeat *repeat, GError **error)
{
    g_autoptr(GPtrArray) scopes = g_ptr_array_new();

    find_elements(domain, repeat->scope, scopes);
    for (guint i = 0; i < scopes->len; i++) {
        if (!check_scope(domain, scopes->pdata[i], repeat, error))
            return false;
    }
    return true;
}

bool
domain_repeats_apply(xmlNode *domain, GError **error)
{
    merge_children(domain);
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        if (!check(domain, &refused[i], error))
            return false;
    }
    return true;
}
