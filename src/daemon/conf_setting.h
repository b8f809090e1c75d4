/* Settings of a configuration file, and where their values go.
 *
 * A table says of each setting how it is read and which member of a structure gets
 * it. A setting without a function is known and has no effect; one that is not in
 * the table is warned about; one with a wrong value is an error.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "daemon/conf_file.h"

typedef struct ConfSetting ConfSetting;

/* Sets the member of @target. The error says what was expected of @entry; the
 * caller adds where. */
typedef bool (*ConfApplyFunc)(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                              GError **error);

struct ConfSetting {
    const char *key;
    ConfApplyFunc apply; /* NULL: known, and without effect here */
    gsize offset;
    guint min;
    guint max;
    const char *const *words; /* NULL at the end */
};

/* guint, from min to max */
bool conf_setting_number(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                         GError **error);
/* guint, from min to max; -1, with which libvirt's files switch keepalive off, is 0 */
bool conf_setting_interval(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                           GError **error);
/* char *, not empty */
bool conf_setting_string(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                         GError **error);
/* char *, absolute */
bool conf_setting_path(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                       GError **error);
/* guint: permissions */
bool conf_setting_mode(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                       GError **error);
/* guint or an enumeration: the index of one of the words */
bool conf_setting_word(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                       GError **error);

/* nothing: one of the words, where others can't be had */
bool conf_setting_no_other(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                           GError **error);
/* guint: the bits (1 << index) of those of the words that are in a list */
bool conf_setting_list(const ConfSetting *setting, const ConfEntry *entry, gpointer target,
                       GError **error);

/* Sets the members of @target to what the file at @path says; a file that is not
 * there is an error if it is @required. Logs warnings. Error: VIR_ERR_CONF_SYNTAX
 * naming path, line and setting. */
bool conf_settings_load(const char *path, bool required, const ConfSetting *settings,
                        gsize n_settings, gpointer target, GError **error);
