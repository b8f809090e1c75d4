/* xl.cfg as text; see xen_xl_config.h.
 *
 * libxlutil does not tell which settings there are. Once it has accepted a text, the
 * names are what stands outside of brackets, quotes and comments: scan_names().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/xen_xl_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_xml.h"
#include "util/error.h"
#include "util/i18n.h"

/* No configuration is as large, and the parser counts in int. */
#define TEXT_MAX (16 * 1024 * 1024)

#define NAME_CHARACTERS                                                                            \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"                                         \
    "0123456789_"

/* As the parser names what it reads. */
#define CONFIG_NAME "xl.cfg"

/* In an item, and no character of a definition. */
#define SPOILED '\001'

struct XenXlConfig {
    XLU_Config *xlu;
    FILE *report; /* where the parser says what is wrong */
    char *words;  /* what it said */
    gsize words_size;
    GHashTable *unread; /* names; a set */
};

/* --- names ---------------------------------------------------------------------- */

/* Past the quoted text that begins at @text. */
static const char *
skip_quoted(const char *text)
{
    char quote = *text++;

    while (*text && *text != quote)
        text += text[0] == '\\' && text[1] ? 2 : 1;
    return *text ? text + 1 : text;
}

static void
scan_names(const char *text, GHashTable *names)
{
    int depth = 0;

    while (*text) {
        gsize length = strspn(text, NAME_CHARACTERS);

        if (length > 0) {
            const char *next = text + length + strspn(text + length, " \t");

            if (depth == 0 && (*next == '=' || g_str_has_prefix(next, "+=")))
                g_hash_table_add(names, g_strndup(text, length));
            text += length;
        } else if (*text == '"' || *text == '\'') {
            text = skip_quoted(text);
        } else if (*text == '#') {
            text += strcspn(text, "\n");
        } else {
            depth += *text == '[' ? 1 : *text == ']' ? -1 : 0;
            text++;
        }
    }
}

/* --- reading -------------------------------------------------------------------- */

/* What the parser said since the last time, one line. It calls warnings what are errors to
 * us. */
static char *
take_words(XenXlConfig *config)
{
    g_autofree char *words = NULL;
    g_auto(GStrv) parts = NULL;

    fflush(config->report);
    words = g_utf8_make_valid(config->words ? config->words : "", -1);
    rewind(config->report);
    g_strdelimit(g_strchomp(words), "\n", ' ');
    parts = g_strsplit(words, "warning: ", -1);
    return g_strjoinv("", parts);
}

/* What a setting has to be. */
typedef enum {
    WANTED_TEXT,
    WANTED_NUMBER,
    WANTED_LIST,
} Wanted;

/* The line is in the parser's words only. */
static bool
set_refused(XenXlConfig *config, const char *name, Wanted wanted, GError **error)
{
    g_autofree char *words = take_words(config);
    guint line = 0;

    sscanf(words, CONFIG_NAME ":%u:", &line);
    switch (wanted) {
    case WANTED_TEXT:
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                _("line %u of the configuration: '%s' has to be one value"), line,
                                name);
    case WANTED_NUMBER:
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                _("line %u of the configuration: '%s' has to be a number"), line,
                                name);
    case WANTED_LIST:
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                _("line %u of the configuration: '%s' has to be a list"), line,
                                name);
    }
    g_return_val_if_reached(false);
}

static bool
set_unreadable(XenXlConfig *config, GError **error)
{
    g_autofree char *words = take_words(config);

    return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, "%s", words);
}

XenXlConfig *
xen_xl_config_parse(const char *text, GError **error)
{
    g_autoptr(XenXlConfig) config = g_new0(XenXlConfig, 1);
    gsize length = strlen(text);

    config->unread = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (length > TEXT_MAX) {
        virtxl_error_set(error, VIR_ERR_OVERFLOW, _("the configuration has more than %d bytes"),
                         TEXT_MAX);
        return NULL;
    }
    config->report = open_memstream(&config->words, &config->words_size);
    config->xlu = config->report ? xlu_cfg_init(config->report, CONFIG_NAME) : NULL;
    if (!config->xlu) {
        virtxl_error_set(error, VIR_ERR_NO_MEMORY, _("cannot read the configuration"));
        return NULL;
    }
    if (xlu_cfg_readdata(config->xlu, text, (int)length) != 0) {
        set_unreadable(config, error);
        return NULL;
    }
    scan_names(text, config->unread);
    return g_steal_pointer(&config);
}

void
xen_xl_config_free(XenXlConfig *config)
{
    if (!config)
        return;
    if (config->xlu)
        xlu_cfg_destroy(config->xlu);
    if (config->report)
        fclose(config->report);
    free(config->words);
    g_hash_table_unref(config->unread);
    g_free(config);
}

/* Of what a reader of libxlutil's returned. */
static bool
finish(XenXlConfig *config, const char *name, int status, Wanted wanted, GError **error)
{
    g_hash_table_remove(config->unread, name);
    return status == 0 || status == ESRCH || set_refused(config, name, wanted, error);
}

bool
xen_xl_config_text(XenXlConfig *config, const char *name, const char **value, GError **error)
{
    return finish(config, name, xlu_cfg_get_string(config->xlu, name, value, 0), WANTED_TEXT,
                  error);
}

bool
xen_xl_config_number(XenXlConfig *config, const char *name, gint64 *value, GError **error)
{
    long number = (long)*value;

    if (!finish(config, name, xlu_cfg_get_long(config->xlu, name, &number, 0), WANTED_NUMBER,
                error))
        return false;
    *value = number;
    return true;
}

bool
xen_xl_config_bool(XenXlConfig *config, const char *name, bool *value, GError **error)
{
    gint64 number = *value;

    if (!xen_xl_config_number(config, name, &number, error))
        return false;
    *value = number != 0;
    return true;
}

GPtrArray *
xen_xl_config_list(XenXlConfig *config, const char *name, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    XLU_ConfigList *list = NULL;
    const char *text = NULL;
    int count = 0;

    if (xlu_cfg_get_string(config->xlu, name, &text, 1) == 0)
        g_ptr_array_add(items, (char *)text);
    else if (!finish(config, name, xlu_cfg_get_list(config->xlu, name, &list, &count, 0),
                     WANTED_LIST, error))
        return NULL;
    g_hash_table_remove(config->unread, name);
    for (int i = 0; i < count; i++) {
        const char *item = xlu_cfg_get_listitem(list, i);

        if (!item) {
            virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("'%s' has a list in a list"), name);
            return NULL;
        }
        g_ptr_array_add(items, (char *)item);
    }
    return g_steal_pointer(&items);
}

static GPtrArray *
read_inner_list(XenXlConfig *config, const XLU_ConfigList *list, int index)
{
    XLU_ConfigValue *value = xlu_cfg_get_listitem2(list, index);
    GPtrArray *items = g_ptr_array_new();
    XLU_ConfigList *inner = NULL;
    const char *item;

    if (xlu_cfg_value_get_list(config->xlu, value, &inner, 0) != 0)
        return items;
    for (int i = 0; (item = xlu_cfg_get_listitem(inner, i)); i++)
        g_ptr_array_add(items, (char *)item);
    return items;
}

GPtrArray *
xen_xl_config_lists(XenXlConfig *config, const char *name, GError **error)
{
    g_autoptr(GPtrArray) lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    XLU_ConfigList *list = NULL;
    int count = 0;

    if (!finish(config, name, xlu_cfg_get_list(config->xlu, name, &list, &count, 0), WANTED_LIST,
                error))
        return NULL;
    for (int i = 0; i < count; i++) {
        GPtrArray *items = read_inner_list(config, list, i);

        g_ptr_array_add(lists, items);
        if (items->len == 0) {
            virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("'%s' needs lists in the list"), name);
            return NULL;
        }
    }
    return g_steal_pointer(&lists);
}

bool
xen_xl_config_has(const XenXlConfig *config, const char *name)
{
    const char *text;

    return xlu_cfg_get_string(config->xlu, name, &text, 1) != ESRCH;
}

bool
xen_xl_config_is_number(const XenXlConfig *config, const char *name)
{
    long number;

    return xlu_cfg_get_long(config->xlu, name, &number, 1) == 0;
}

XLU_Config *
xen_xl_config_parser(XenXlConfig *config)
{
    return config->xlu;
}

bool
xen_xl_config_refuse_item(XenXlConfig *config, const char *name, const char *item, GError **error)
{
    g_autofree char *words = take_words(config);

    return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("%s: '%s' is not possible: %s"), name,
                            item, words);
}

void
xen_xl_config_ignore(XenXlConfig *config, const char *name, const char *part)
{
    g_hash_table_add(config->unread, g_strdup_printf("%s: %s", name, part));
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
xen_xl_config_unread(const XenXlConfig *config)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer name;

    g_hash_table_iter_init(&iter, config->unread);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* --- one item's parts ------------------------------------------------------------- */

GHashTable *
xen_xl_parts_parse(XenXlConfig *config, const char *name, const char *item, const char *const *keys)
{
    GHashTable *parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) texts = g_strsplit(item, ",", -1);

    for (char **text = texts; *text; text++) {
        g_auto(GStrv) pair = g_strsplit(*text, "=", 2);

        if (!pair[0] || !*g_strstrip(pair[0]))
            continue;
        if (conf_names_find(keys, pair[0]) < 0)
            xen_xl_config_ignore(config, name, pair[0]);
        else
            g_hash_table_replace(parts, g_strdup(pair[0]),
                                 g_strdup(pair[1] ? g_strstrip(pair[1]) : ""));
    }
    return parts;
}

/* --- writing ---------------------------------------------------------------------- */

/* In double quotes. UTF-8 stays as it is, and so does what marks a spoiled item. */
static void
append_quoted(GString *out, const char *value)
{
    char kept[] = {SPOILED, [129] = '\0'};
    g_autofree char *escaped = NULL;

    for (int i = 0; i < 128; i++)
        kept[i + 1] = (char)(i + 128);
    escaped = g_strescape(value, kept);
    g_string_append_printf(out, "\"%s\"", escaped);
}

void
xen_xl_put_text(GString *out, const char *name, const char *value)
{
    if (!value)
        return;
    g_string_append_printf(out, "%s = ", name);
    append_quoted(out, value);
    g_string_append_c(out, '\n');
}

void
xen_xl_put_number(GString *out, const char *name, gint64 value)
{
    const char *quote = value < 0 ? "\"" : "";

    g_string_append_printf(out, "%s = %s%" G_GINT64_FORMAT "%s\n", name, quote, value, quote);
}

static void
append_list(GString *out, const GPtrArray *items)
{
    g_string_append(out, "[ ");
    for (guint i = 0; i < items->len; i++) {
        if (i > 0)
            g_string_append(out, ", ");
        append_quoted(out, items->pdata[i]);
    }
    g_string_append(out, " ]");
}

void
xen_xl_put_list(GString *out, const char *name, const GPtrArray *items)
{
    if (items->len == 0)
        return;
    g_string_append_printf(out, "%s = ", name);
    append_list(out, items);
    g_string_append_c(out, '\n');
}

void
xen_xl_put_lists(GString *out, const char *name, const GPtrArray *lists)
{
    if (lists->len == 0)
        return;
    g_string_append_printf(out, "%s = [ ", name);
    for (guint i = 0; i < lists->len; i++) {
        if (i > 0)
            g_string_append(out, ", ");
        append_list(out, lists->pdata[i]);
    }
    g_string_append(out, " ]\n");
}

void
xen_xl_add_part(GString *item, const char *name, const char *value)
{
    if (!value)
        return;
    g_string_append_printf(item, "%s%s=%s", item->len ? "," : "", name, value);
    if (strchr(value, ','))
        g_string_append_c(item, SPOILED);
}

bool
xen_xl_is_spoiled(const GString *out)
{
    return memchr(out->str, SPOILED, out->len) != NULL;
}
