/* The XML engine's typed values: numbers, enumerations, booleans, sizes; see
 * conf_xml.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_xml.h"
#include "util/error.h"
#include "util/i18n.h"

int
conf_names_find(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++) {
        if (*name && strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}

/* Every refusal of an attribute's value. */
static bool
refuse(const xmlNode *node, const char *name, const char *value, virErrorNumber code,
       GError **error)
{
    return virtxl_error_set(error, code,
                            _("Invalid value for attribute '%s' in element '%s': '%s'"), name,
                            (const char *)node->name, value);
}

bool
conf_xml_attr_enum(xmlNode *node, const char *name, const char *const *names, int *value,
                   virErrorNumber code, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, name);
    int found;

    if (!text)
        return true;
    found = conf_names_find(names, text);
    if (found < 0)
        return refuse(node, name, text, code, error);
    *value = found;
    return true;
}

static bool
attr_tristate(xmlNode *node, const char *name, const char *const *names, ConfTristate *value,
              GError **error)
{
    int found = (int)*value;

    if (!conf_xml_attr_enum(node, name, names, &found, VIR_ERR_XML_ERROR, error))
        return false;
    *value = (ConfTristate)found;
    return true;
}

bool
conf_xml_attr_yes_no(xmlNode *node, const char *name, ConfTristate *value, GError **error)
{
    static const char *const names[] = {"", "yes", "no", NULL};

    return attr_tristate(node, name, names, value, error);
}

bool
conf_xml_attr_on_off(xmlNode *node, const char *name, ConfTristate *value, GError **error)
{
    static const char *const names[] = {"", "on", "off", NULL};

    return attr_tristate(node, name, names, value, error);
}

bool
conf_parse_uint64(const char *text, guint64 *value)
{
    gint64 ignored;

    /* g_ascii_strtoull takes "-1" for a huge number */
    while (g_ascii_isspace(*text))
        text++;
    if (*text == '-')
        return conf_parse_int64(text, &ignored) && ignored == 0 && (*value = 0, true);
    return g_ascii_string_to_unsigned(*text == '+' ? text + 1 : text, 10, 0, G_MAXUINT64, value,
                                      NULL);
}

bool
conf_parse_int64(const char *text, gint64 *value)
{
    while (g_ascii_isspace(*text))
        text++;
    if (*text == '+' && text[1] != '-')
        text++;
    return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, value, NULL);
}

bool
conf_xml_attr_uint64(xmlNode *node, const char *name, guint64 *value, bool *present,
                     virErrorNumber code, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, name);

    if (present)
        *present = text != NULL;
    if (text && !conf_parse_uint64(text, value))
        return refuse(node, name, text, code, error);
    return true;
}

bool
conf_xml_attr_uint(xmlNode *node, const char *name, unsigned *value, bool *present,
                   virErrorNumber code, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, name);
    guint64 number;

    if (present)
        *present = text != NULL;
    if (!text)
        return true;
    if (!conf_parse_uint64(text, &number) || number > G_MAXUINT)
        return refuse(node, name, text, code, error);
    *value = (unsigned)number;
    return true;
}

bool
conf_xml_attr_int64(xmlNode *node, const char *name, gint64 *value, virErrorNumber code,
                    GError **error)
{
    g_autofree char *text = conf_xml_attr(node, name);

    if (text && !conf_parse_int64(text, value))
        return refuse(node, name, text, code, error);
    return true;
}

bool
conf_xml_attr_int(xmlNode *node, const char *name, int *value, bool *present, virErrorNumber code,
                  GError **error)
{
    g_autofree char *text = conf_xml_attr(node, name);
    gint64 number;

    if (present)
        *present = text != NULL;
    if (!text)
        return true;
    if (!conf_parse_int64(text, &number) || number < G_MININT || number > G_MAXINT)
        return refuse(node, name, text, code, error);
    *value = (int)number;
    return true;
}

/* Bytes in a unit, 0 if it isn't one. A letter alone or with "iB" is a power of
 * 1024, with "B" of 1000; case doesn't matter. */
static guint64
unit_scale(const char *unit)
{
    static const char letters[] = "kmgtpe";
    const char *letter;
    guint64 base, scale = 1;

    if (g_ascii_strcasecmp(unit, "b") == 0 || g_ascii_strcasecmp(unit, "byte") == 0 ||
        g_ascii_strcasecmp(unit, "bytes") == 0)
        return 1;
    letter = *unit ? strchr(letters, g_ascii_tolower(*unit)) : NULL;
    if (!letter)
        return 0;
    if (!unit[1] || g_ascii_strcasecmp(unit + 1, "iB") == 0)
        base = 1024;
    else if (g_ascii_strcasecmp(unit + 1, "B") == 0)
        base = 1000;
    else
        return 0;
    for (const char *power = letters; power <= letter; power++)
        scale *= base;
    return scale;
}

bool
conf_scale_bytes(guint64 number, const char *unit, guint64 default_scale, guint64 limit,
                 guint64 *bytes, GError **error)
{
    guint64 scale = unit && *unit ? unit_scale(unit) : default_scale;

    if (scale == 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unknown suffix '%s'"), unit);
    if (number > limit / scale) {
        g_autofree char *text =
            g_strdup_printf("%" G_GUINT64_FORMAT "%s", number, unit ? unit : "");

        return virtxl_error_set(error, VIR_ERR_OVERFLOW, _("value too large: %s"), text);
    }
    *bytes = number * scale;
    return true;
}

bool
conf_xml_size_kib(xmlNode *node, guint64 *kib, GError **error)
{
    g_autofree char *unit = conf_xml_attr(node, "unit");
    g_autofree char *text = conf_xml_text(node);
    guint64 number, bytes;

    if (!text || !conf_parse_uint64(text, &number))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Invalid value '%s' for element or attribute '%s'"),
                                text ? text : "", (const char *)node->name);
    if (!conf_scale_bytes(number, unit, 1024, G_MAXUINT64 - 1023, &bytes, error))
        return false;
    *kib = (bytes + 1023) / 1024;
    return true;
}
