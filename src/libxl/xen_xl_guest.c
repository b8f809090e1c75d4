/* What xl.cfg says of the guest as a whole: type, memory, CPUs, what happens when it
 * ends; and the table of settings that are one element or attribute each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

#define KIB_PER_MIB 1024
/* More is no machine's, and no number overflows. */
#define MIB_MAX     (G_GINT64_CONSTANT(1) << 40)

/* --- type ------------------------------------------------------------------------- */

/* type=, and builder=, which xl still reads. What is written is the first row of a type
 * that has a word, and nothing for a paravirtual guest: as libvirt has it. */
static const struct {
    const char *setting;
    const char *value;
    const char *type; /* of <os> */
    const char *machine;
    bool is_written;
} types[] = {
    {"type", "pv", "linux", "xenpv", false},   {"type", "hvm", "hvm", "xenfv", false},
    {"type", "pvh", "xenpvh", "xenpvh", true}, {"builder", "linux", "linux", "xenpv", false},
    {"builder", "hvm", "hvm", "xenfv", true},  {"builder", "generic", "linux", "xenpv", false},
};

static bool
parse_type(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *type = NULL, *builder = NULL;
    const char *setting, *value;

    if (!xen_xl_config_text(config, "builder", &builder, error) ||
        !xen_xl_config_text(config, "type", &type, error))
        return false;
    setting = type ? "type" : "builder";
    value = type ? type : builder ? builder : "linux";
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (strcmp(types[i].setting, setting) == 0 && strcmp(types[i].value, value) == 0) {
            xen_xl_set(domain, "os/type", NULL, types[i].type);
            xen_xl_set(domain, "os/type", "machine", types[i].machine);
            return true;
        }
    }
    return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                            _("%s = \"%s\" is not known: use type = \"pv\", \"pvh\" or \"hvm\""),
                            setting, value);
}

static void
format_type(xmlNode *domain, GString *out)
{
    g_autofree char *type = xen_xl_get(domain, "os/type", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].is_written && g_strcmp0(types[i].type, type) == 0)
            xen_xl_put_text(out, types[i].setting, types[i].value);
    }
}

/* --- memory ------------------------------------------------------------------------- */

static bool
parse_mib(XenXlConfig *config, const char *name, gint64 *mib, GError **error)
{
    if (!xen_xl_config_number(config, name, mib, error))
        return false;
    return (*mib >= 0 && *mib <= MIB_MAX) ||
           virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("%s = %ld is no number of MiB"), name,
                            (long)*mib);
}

static void
set_kib(xmlNode *domain, const char *element, gint64 mib)
{
    g_autofree char *kib = g_strdup_printf("%" G_GINT64_FORMAT, mib * KIB_PER_MIB);

    xen_xl_set(domain, element, NULL, kib);
}

static bool
parse_memory(XenXlConfig *config, xmlNode *domain, GError **error)
{
    gint64 memory = 0, most = 0;

    if (!parse_mib(config, "memory", &memory, error) || !parse_mib(config, "maxmem", &most, error))
        return false;
    if (most > 0 || memory > 0)
        set_kib(domain, "memory", most > 0 ? most : memory);
    if (memory > 0)
        set_kib(domain, "currentMemory", memory);
    return true;
}

static void
format_mib(xmlNode *domain, const char *element, const char *name, GString *out)
{
    g_autofree char *kib = xen_xl_get(domain, element, NULL);

    g_free(xen_xl_get(domain, element, "unit"));
    if (kib)
        xen_xl_put_number(
            out, name, (gint64)((g_ascii_strtoull(kib, NULL, 10) + KIB_PER_MIB - 1) / KIB_PER_MIB));
}

/* --- CPUs ------------------------------------------------------------------------- */

/* Whether @text says which CPUs of the host in the words of a definition, too. */
static bool
is_cpuset(const char *text)
{
    return *text && strspn(text, "0123456789-,^ ") == strlen(text);
}

/* One text for all virtual CPUs, or a list with one for each. */
static bool
parse_pinning(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) sets = xen_xl_config_list(config, "cpus", error);

    if (!sets)
        return false;
    for (guint i = 0; i < sets->len; i++) {
        const char *set = sets->pdata[i];

        if (strcmp(set, "all") == 0)
            continue;
        if (!is_cpuset(set)) {
            xen_xl_config_ignore(config, "cpus", set);
        } else if (sets->len == 1) {
            xen_xl_set(domain, "vcpu", "cpuset", set);
        } else {
            xmlNode *pin = conf_xml_add(xen_xl_make(domain, "cputune"), "vcpupin");

            conf_xml_setf(pin, "vcpu", "%u", i);
            conf_xml_set(pin, "cpuset", set);
        }
    }
    return true;
}

static bool
parse_vcpus(XenXlConfig *config, xmlNode *domain, GError **error)
{
    gint64 count = 1, most = 0;
    g_autofree char *text = NULL;

    if (!xen_xl_config_number(config, "vcpus", &count, error) ||
        !xen_xl_config_number(config, "maxvcpus", &most, error))
        return false;
    if (!most)
        most = count;
    if (count < 0 || most < count || most > G_MAXINT)
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                _("vcpus = %ld and maxvcpus = %ld are not possible together"),
                                (long)count, (long)most);
    text = g_strdup_printf("%" G_GINT64_FORMAT, most);
    xen_xl_set(domain, "vcpu", NULL, text);
    if (count < most)
        conf_xml_setf(xen_xl_make(domain, "vcpu"), "current", "%" G_GINT64_FORMAT, count);
    return parse_pinning(config, domain, error);
}

/* A set for each virtual CPU, as xl wants it: those before the last that is pinned and
 * aren't are on all. */
static GPtrArray *
collect_pins(xmlNode *domain, guint count)
{
    GPtrArray *sets = g_ptr_array_new_with_free_func(g_free);
    xmlNode *tune = xen_xl_find(domain, "cputune");

    for (xmlNode *pin = NULL; tune && (pin = conf_xml_next_child(tune, pin, "vcpupin"));) {
        g_autofree char *vcpu = conf_xml_attr(pin, "vcpu");
        g_autofree char *set = conf_xml_attr(pin, "cpuset");
        guint64 index;

        if (!vcpu || !set || !conf_parse_uint64(vcpu, &index) || index >= count)
            continue;
        while (sets->len <= index)
            g_ptr_array_add(sets, g_strdup("all"));
        g_free(sets->pdata[index]);
        sets->pdata[index] = g_steal_pointer(&set);
    }
    return sets;
}

static void
format_vcpus(xmlNode *domain, GString *out)
{
    g_autofree char *most = xen_xl_get(domain, "vcpu", NULL);
    g_autofree char *current = xen_xl_get(domain, "vcpu", "current");
    g_autofree char *set = xen_xl_get(domain, "vcpu", "cpuset");
    g_autoptr(GPtrArray) sets = NULL;
    gint64 count = most ? g_ascii_strtoll(most, NULL, 10) : 1;

    conf_xml_drop_attr(xen_xl_make(domain, "vcpu"), "placement");
    if (current)
        xen_xl_put_number(out, "maxvcpus", count);
    xen_xl_put_number(out, "vcpus", current ? g_ascii_strtoll(current, NULL, 10) : count);
    sets = collect_pins(domain, (guint)count);
    /* A list of one would be for all. */
    if (sets->len == 1 && count > 1)
        g_ptr_array_add(sets, g_strdup("all"));
    if (sets->len > 0)
        xen_xl_put_list(out, "cpus", sets);
    else
        xen_xl_put_text(out, "cpus", set);
}

bool
xen_xl_guest_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *name = NULL, *uuid = NULL;

    if (!xen_xl_config_text(config, "name", &name, error) ||
        !xen_xl_config_text(config, "uuid", &uuid, error))
        return false;
    if (name)
        xen_xl_set(domain, "name", NULL, name);
    if (uuid)
        xen_xl_set(domain, "uuid", NULL, uuid);
    return parse_type(config, domain, error) && parse_memory(config, domain, error) &&
           parse_vcpus(config, domain, error);
}

void
xen_xl_guest_format(xmlNode *domain, GString *out)
{
    g_autofree char *name = xen_xl_get(domain, "name", NULL);
    g_autofree char *uuid = xen_xl_get(domain, "uuid", NULL);

    xen_xl_put_text(out, "name", name);
    xen_xl_put_text(out, "uuid", uuid);
    format_type(domain, out);
    format_mib(domain, "memory", "maxmem", out);
    format_mib(domain, "currentMemory", "memory", out);
    format_vcpus(domain, out);
}

/* --- settings that are one element -------------------------------------------------- */

typedef enum {
    PLAIN_TEXT,
    PLAIN_NUMBER,
    PLAIN_STATE, /* 0 or 1: off or on */
} PlainKind;

static const struct {
    const char *setting;
    PlainKind kind;
    const char *path;
    const char *attribute; /* NULL: the element's text */
    const char *absent;    /* what it means that there is no setting, or NULL */
} plain[] = {
    {"on_poweroff", PLAIN_TEXT, "on_poweroff", NULL, NULL},
    {"on_reboot", PLAIN_TEXT, "on_reboot", NULL, NULL},
    {"on_crash", PLAIN_TEXT, "on_crash", NULL, "restart"},
    {"device_model_override", PLAIN_TEXT, "devices/emulator", NULL, NULL},
    {"cpu_weight", PLAIN_NUMBER, "cputune/shares", NULL, NULL},
    {"e820_host", PLAIN_STATE, "features/xen/e820_host", "state", NULL},
};

static bool
parse_plain_number(XenXlConfig *config, gsize i, xmlNode *domain, GError **error)
{
    g_autofree char *text = NULL;
    gint64 number = 0;

    if (!xen_xl_config_number(config, plain[i].setting, &number, error))
        return false;
    text = plain[i].kind == PLAIN_STATE ? g_strdup(number ? "on" : "off")
                                        : g_strdup_printf("%" G_GINT64_FORMAT, number);
    xen_xl_set(domain, plain[i].path, plain[i].attribute, text);
    return true;
}

bool
xen_xl_plain_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(plain); i++) {
        const char *text = plain[i].absent;

        if (!text && !xen_xl_config_has(config, plain[i].setting))
            continue;
        if (plain[i].kind != PLAIN_TEXT) {
            if (!parse_plain_number(config, i, domain, error))
                return false;
            continue;
        }
        if (!xen_xl_config_text(config, plain[i].setting, &text, error))
            return false;
        xen_xl_set(domain, plain[i].path, plain[i].attribute, text);
    }
    return true;
}

void
xen_xl_plain_format(xmlNode *domain, GString *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(plain); i++) {
        g_autofree char *text = xen_xl_get(domain, plain[i].path, plain[i].attribute);

        if (!text)
            continue;
        if (plain[i].kind == PLAIN_TEXT)
            xen_xl_put_text(out, plain[i].setting, text);
        else if (plain[i].kind == PLAIN_STATE)
            xen_xl_put_number(out, plain[i].setting, strcmp(text, "on") == 0);
        else
            xen_xl_put_number(out, plain[i].setting, g_ascii_strtoll(text, NULL, 10));
    }
}
