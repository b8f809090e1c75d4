/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/conf_setting.h"

#include "util/error.h"
#include "util/i18n.h"

#include <string.h>

/* --- how a value is read --------------------------------------------------- */

bool
conf_setting_number(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                    GError **error)
{
    if (entry->type != CONF_INTEGER || entry->integer < setting->min ||
        entry->integer > setting->max)
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("a number from %u to %u"),
                                setting->min, setting->max);
    G_STRUCT_MEMBER(guint, target, setting->offset) = (guint)entry->integer;
    return true;
}

bool
conf_setting_interval(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                      GError **error)
{
    if (entry->type == CONF_INTEGER && entry->integer == -1) {
        G_STRUCT_MEMBER(guint, target, setting->offset) = 0;
        return true;
    }
    if (!conf_setting_number(setting, entry, target, NULL))
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("-1 or a number from %u to %u"),
                                setting->min, setting->max);
    return true;
}

bool
conf_setting_string(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                    GError **error)
{
    char **member = &G_STRUCT_MEMBER(char *, target, setting->offset);

    if (entry->type != CONF_STRING || !*entry->string)
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("a string that is not empty"));
    g_free(*member);
    *member = g_strdup(entry->string);
    return true;
}

bool
conf_setting_path(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                  GError **error)
{
    if (entry->type != CONF_STRING || *entry->string != '/')
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("an absolute path"));
    return conf_setting_string(setting, entry, target, error);
}

bool
conf_setting_mode(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                  GError **error)
{
    guint64 mode;

    if (entry->type != CONF_STRING ||
        !g_ascii_string_to_unsigned(entry->string, 8, 0, 0777, &mode, NULL))
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                _("permissions in octal, in quotes, such as \"0770\""));
    G_STRUCT_MEMBER(guint, target, setting->offset) = (guint)mode;
    return true;
}

/* To take another word silently would let in whom the administrator wanted to
 * keep out. */
static bool
fail_words(const ConfSetting *setting, GError **error)
{
    g_autofree char *words = g_strjoinv("\" or \"", (GStrv)setting->words);

    return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, "\"%s\"", words);
}

bool
conf_setting_word(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                  GError **error)
{
    for (guint i = 0; entry->type == CONF_STRING && setting->words[i]; i++) {
        if (strcmp(setting->words[i], entry->string) == 0) {
            G_STRUCT_MEMBER(guint, target, setting->offset) = i;
            return true;
        }
    }
    return fail_words(setting, error);
}

bool
conf_setting_no_other(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                      GError **error)
{
    if (entry->type == CONF_STRING && g_strv_contains(setting->words, entry->string))
        return true;
    return fail_words(setting, error);
}

bool
conf_setting_list(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                  GError **error)
{
    guint bits = 0;

    if (entry->type != CONF_LIST)
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("a list"));
    for (guint i = 0; entry->list[i]; i++) {
        guint word = 0;

        while (setting->words[word] && strcmp(setting->words[word], entry->list[i]) != 0)
            word++;
        if (!setting->words[word])
            return fail_words(setting, error);
        bits |= 1u << word;
    }
    G_STRUCT_MEMBER(guint, target, setting->offset) = bits;
    return true;
}

/* --- a file ---------------------------------------------------------------- */

typedef struct {
    const char *path;
    const ConfSetting *settings;
    gsize n_settings;
    gpointer target;
} SettingsFile;

static const ConfSetting *
find_setting(const SettingsFile *file, const char *key)
{
    for (gsize i = 0; i < file->n_settings; i++) {
        if (strcmp(file->settings[i].key, key) == 0)
            return &file->settings[i];
    }
    return NULL;
}

static bool
apply_entry(const SettingsFile *file, const ConfEntry *entry, GError **error)
{
    const ConfSetting *setting = find_setting(file, entry->key);
    g_autoptr(GError) reason = NULL;

    if (!setting) {
        g_warning("%s:%u: unknown setting '%s'", file->path, entry->line, entry->key);
        return true;
    }
    if (!setting->apply) {
        g_info("%s:%u: '%s' has no effect here", file->path, entry->line, entry->key);
        return true;
    }
    if (!setting->apply(setting, entry, file->target, &reason))
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("%s:%u: '%s': %s expected"),
                                file->path, entry->line, entry->key, reason->message);
    return true;
}

/* None if the file is not there and need not be. */
static GPtrArray *
read_entries(const char *path, bool required, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *text = NULL;
    gsize size;

    if (g_file_get_contents(path, &text, &size, &reason))
        return conf_file_parse(text, size, path, error);
    if (!required && g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_ptr_array_new();
    virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, "%s", reason->message);
    return NULL;
}

bool
conf_settings_load(const char *path, bool required, const ConfSetting *settings, gsize n_settings,
                   gpointer target, GError **error)
{
    const SettingsFile file = {path, settings, n_settings, target};
    g_autoptr(GPtrArray) entries = read_entries(path, required, error);

    for (guint i = 0; entries && i < entries->len; i++) {
        if (!apply_entry(&file, entries->pdata[i], error))
            return false;
    }
    return entries != NULL;
}
