/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/conf_file.h"

#include "util/error.h"
#include "util/i18n.h"

#define LETTERS G_CSET_a_2_z "_" G_CSET_A_2_Z

static const GScannerConfig scanner_config = {
    .cset_skip_characters = (char *)" \t\r\n",
    .cset_identifier_first = (char *)LETTERS,
    .cset_identifier_nth = (char *)LETTERS G_CSET_DIGITS,
    .cpair_comment_single = (char *)"#\n",
    .case_sensitive = TRUE,
    .skip_comment_single = TRUE,
    .scan_identifier = TRUE,
    .scan_identifier_1char = TRUE,
    .scan_string_sq = TRUE,
    .scan_string_dq = TRUE,
    .numbers_2_int = TRUE,
    .char_2_token = TRUE,
    .store_int64 = TRUE,
};

static void
entry_free(gpointer data)
{
    ConfEntry *entry = data;

    g_free(entry->key);
    g_free(entry->string);
    g_strfreev(entry->list);
    g_free(entry);
}

static bool
syntax_error_at(GScanner *scanner, guint line, const char *expected, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("%s:%u: %s expected"),
                            scanner->input_name, line, expected);
}

static bool
syntax_error(GScanner *scanner, const char *expected, GError **error)
{
    return syntax_error_at(scanner, scanner->line, expected, error);
}

static bool
parse_list(GScanner *scanner, ConfEntry *entry, GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    guint token = g_scanner_get_next_token(scanner);

    while (token != ']') {
        if (token != G_TOKEN_STRING)
            return syntax_error(scanner, _("a string in quotes or ']'"), error);
        g_strv_builder_add(builder, scanner->value.v_string);
        token = g_scanner_get_next_token(scanner);
        if (token == ',')
            token = g_scanner_get_next_token(scanner);
        else if (token != ']')
            return syntax_error(scanner, _("',' or ']'"), error);
    }
    entry->type = CONF_LIST;
    entry->list = g_strv_builder_end(builder);
    return true;
}

static bool
parse_integer(GScanner *scanner, guint token, ConfEntry *entry, GError **error)
{
    bool negative = token == '-';

    if (negative)
        token = g_scanner_get_next_token(scanner);
    if (token != G_TOKEN_INT || scanner->value.v_int64 > G_MAXINT64)
        return syntax_error_at(scanner, entry->line, _("a string in quotes, a number or a list"),
                               error);
    entry->type = CONF_INTEGER;
    entry->integer = (gint64)scanner->value.v_int64;
    if (negative)
        entry->integer = -entry->integer;
    return true;
}

static bool
parse_value(GScanner *scanner, ConfEntry *entry, GError **error)
{
    guint token = g_scanner_get_next_token(scanner);

    if (token == '[')
        return parse_list(scanner, entry, error);
    if (token != G_TOKEN_STRING)
        return parse_integer(scanner, token, entry, error);
    entry->type = CONF_STRING;
    entry->string = g_strdup(scanner->value.v_string);
    return true;
}

static bool
parse_entry(GScanner *scanner, ConfEntry *entry, GError **error)
{
    if (g_scanner_get_next_token(scanner) != G_TOKEN_IDENTIFIER)
        return syntax_error(scanner, _("the name of a setting"), error);
    entry->key = g_strdup(scanner->value.v_identifier);
    entry->line = scanner->line;
    if (g_scanner_get_next_token(scanner) != '=')
        return syntax_error_at(scanner, entry->line, _("'='"), error);
    if (!parse_value(scanner, entry, error))
        return false;
    if (g_scanner_peek_next_token(scanner) != G_TOKEN_EOF && scanner->next_line == scanner->line)
        return syntax_error(scanner, _("the end of the line"), error);
    return true;
}

GPtrArray *
conf_file_parse(const char *text, gsize size, const char *path, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    GScanner *scanner = g_scanner_new(&scanner_config);
    bool ok = true;

    scanner->input_name = path;
    g_scanner_input_text(scanner, text, (guint)size);
    while (ok && g_scanner_peek_next_token(scanner) != G_TOKEN_EOF) {
        ConfEntry *entry = g_new0(ConfEntry, 1);

        g_ptr_array_add(entries, entry);
        ok = parse_entry(scanner, entry, error);
    }
    g_scanner_destroy(scanner);
    return ok ? g_steal_pointer(&entries) : NULL;
}
