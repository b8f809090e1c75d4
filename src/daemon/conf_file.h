/* Files in the syntax of libvirt's configuration files.
 *
 *     # a comment
 *     unix_sock_group = "libvirt"
 *     max_clients = 5000
 *     log_outputs = [ "a", "b" ]
 *
 * A value is a string in single or double quotes, an integer, or a list of
 * strings in brackets, which may go over several lines.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    CONF_STRING,
    CONF_INTEGER,
    CONF_LIST,
} ConfType;

typedef struct {
    char *key;
    guint line;
    ConfType type;
    char *string;
    gint64 integer;
    GStrv list;
} ConfEntry;

/* The entries of @text as an array of ConfEntry, in the order of the file.
 * @path is for messages. Error: VIR_ERR_CONF_SYNTAX naming path and line. */
GPtrArray *conf_file_parse(const char *text, gsize size, const char *path, GError **error);
