/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_agent_vcpus.h"

#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

/* --- lists ------------------------------------------------------------------------- */

static bool
parse_number(const char **text, guint *number)
{
    char *end;
    guint64 value;

    if (!g_ascii_isdigit(**text))
        return false;
    value = g_ascii_strtoull(*text, &end, 10);
    *text = end;
    *number = (guint)value;
    return value < LIBXL_AGENT_VCPUS_MAX;
}

/* "4", "0-3" or "^2". */
static bool
parse_item(LibxlVcpuSet *set, const char *item)
{
    bool value = *item != '^';
    guint first, last;

    item += value ? 0 : 1;
    if (!parse_number(&item, &first))
        return false;
    last = first;
    if (value && *item == '-') {
        item++;
        if (!parse_number(&item, &last))
            return false;
    }
    if (*item || last < first)
        return false;
    for (guint i = first; i <= last; i++)
        set->has[i] = value;
    return true;
}

guint
libxl_vcpu_set_count(const LibxlVcpuSet *set)
{
    guint n = 0;

    for (guint i = 0; i < LIBXL_AGENT_VCPUS_MAX; i++)
        n += set->has[i];
    return n;
}

bool
libxl_vcpu_set_parse(LibxlVcpuSet *set, const char *text, GError **error)
{
    g_auto(GStrv) items = g_strsplit(text, ",", -1);
    bool ok = true;

    memset(set, 0, sizeof(*set));
    for (char **item = items; *item && ok; item++)
        ok = parse_item(set, g_strstrip(*item));
    if (!ok || libxl_vcpu_set_count(set) == 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("'%s' is no list of vCPUs"), text);
    return true;
}

char *
libxl_vcpu_set_format(const LibxlVcpuSet *set)
{
    GString *text = g_string_new(NULL);

    for (guint first = 0; first < LIBXL_AGENT_VCPUS_MAX; first++) {
        guint last = first;

        if (!set->has[first])
            continue;
        while (last + 1 < LIBXL_AGENT_VCPUS_MAX && set->has[last + 1])
            last++;
        g_string_append_printf(text, "%s%u", text->len ? "," : "", first);
        if (last > first)
            g_string_append_printf(text, "-%u", last);
        first = last;
    }
    return g_string_free(text, FALSE);
}

/* --- what the agent says ------------------------------------------------------------ */

static bool
get_boolean(json_object *object, const char *key)
{
    json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

bool
libxl_agent_vcpus_read(LibxlAgentVcpus *vcpus, json_object *value)
{
    memset(vcpus, 0, sizeof(*vcpus));
    if (!json_object_is_type(value, json_type_array))
        return false;
    for (gsize i = 0; i < json_object_array_length(value); i++) {
        json_object *vcpu = json_object_array_get_idx(value, i);
        json_object *number = NULL;
        gint64 id;

        if (!json_object_object_get_ex(vcpu, "logical-id", &number) ||
            !json_object_is_type(number, json_type_int))
            return false;
        id = json_object_get_int64(number);
        if (id < 0 || id >= LIBXL_AGENT_VCPUS_MAX)
            return false;
        vcpus->present.has[id] = true;
        vcpus->online.has[id] = get_boolean(vcpu, "online");
        vcpus->offlinable.has[id] = get_boolean(vcpu, "can-offline");
    }
    return true;
}

json_object *
libxl_agent_vcpus_write(const LibxlVcpuSet *set, bool online)
{
    json_object *arguments = json_object_new_object();
    json_object *list = json_object_new_array();

    for (int i = 0; i < LIBXL_AGENT_VCPUS_MAX; i++) {
        json_object *vcpu;

        if (!set->has[i])
            continue;
        vcpu = json_object_new_object();
        json_object_object_add(vcpu, "logical-id", json_object_new_int(i));
        json_object_object_add(vcpu, "online", json_object_new_boolean(online));
        json_object_array_add(list, vcpu);
    }
    json_object_object_add(arguments, "vcpus", list);
    return arguments;
}
