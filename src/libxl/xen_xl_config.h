/* xl.cfg as text: settings are read from it by name, and written to it.
 *
 * Reading is libxlutil's parser, so that what xl takes is taken here. Three of its
 * ways show: a number is a text, too; a negative number stands in quotes; and of two
 * settings of one name the last one counts.
 *
 * A setting that nobody asks for is told by xen_xl_config_unread(): the caller says
 * that it means nothing here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libxlutil.h>
#include <stdbool.h>

/* --- reading ------------------------------------------------------------------ */

typedef struct XenXlConfig XenXlConfig;

/* Errors: VIR_ERR_CONF_SYNTAX with the parser's words; VIR_ERR_OVERFLOW for more than
 * 16 MiB. */
XenXlConfig *xen_xl_config_parse(const char *text, GError **error);
void xen_xl_config_free(XenXlConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XenXlConfig, xen_xl_config_free)

/* The values stay @config's. A setting that is not there leaves *@value alone.
 * Errors: VIR_ERR_CONF_SYNTAX for a value of another kind. */
bool xen_xl_config_text(XenXlConfig *config, const char *name, const char **value, GError **error);
bool xen_xl_config_number(XenXlConfig *config, const char *name, gint64 *value, GError **error);
/* A number that is 0 or not. */
bool xen_xl_config_bool(XenXlConfig *config, const char *name, bool *value, GError **error);

/* The items of a list (new array of borrowed strings), empty if there is no such
 * setting. A setting that is one text is a list of one. NULL on error: VIR_ERR_CONF_SYNTAX
 * for a list in the list. */
GPtrArray *xen_xl_config_list(XenXlConfig *config, const char *name, GError **error);

/* The same for a list of lists: new array of such arrays. */
GPtrArray *xen_xl_config_lists(XenXlConfig *config, const char *name, GError **error);

bool xen_xl_config_has(const XenXlConfig *config, const char *name);

/* Whether the setting is there and one text that is a number. */
bool xen_xl_config_is_number(const XenXlConfig *config, const char *name);

/* For libxlutil's parsers of devices, which report to it; and their error, with what they
 * reported. @name is of the setting. Returns false. Errors: VIR_ERR_CONF_SYNTAX. */
XLU_Config *xen_xl_config_parser(XenXlConfig *config);
bool xen_xl_config_refuse_item(XenXlConfig *config, const char *name, const char *item,
                               GError **error);

/* Notes that @part of setting @name means nothing here. */
void xen_xl_config_ignore(XenXlConfig *config, const char *name, const char *part);

/* Names of the settings that were not asked for, and what was noted, sorted (new array of
 * new strings). */
GPtrArray *xen_xl_config_unread(const XenXlConfig *config);

/* --- one item's parts ------------------------------------------------------------ */

/* "NAME=VALUE,NAME=VALUE", as most lists of devices have them: values by name. A part
 * without '=' is a name with the value "". @keys (NULL-terminated): others are noted as
 * ignored. @name is of the setting. */
GHashTable *xen_xl_parts_parse(XenXlConfig *config, const char *name, const char *item,
                               const char *const *keys);

/* --- writing -------------------------------------------------------------------- */

/* Each adds a line; a NULL text and an empty list add none. */
void xen_xl_put_text(GString *out, const char *name, const char *value);
void xen_xl_put_number(GString *out, const char *name, gint64 value);
void xen_xl_put_list(GString *out, const char *name, const GPtrArray *items);
void xen_xl_put_lists(GString *out, const char *name, const GPtrArray *lists);

/* Adds "NAME=VALUE" to an item, after a comma if it isn't the first; nothing if @value
 * is NULL. A part can't have a comma: one that has spoils the item and what it is put
 * into. */
void xen_xl_add_part(GString *item, const char *name, const char *value);
bool xen_xl_is_spoiled(const GString *out);
