/* What is said to an agent, and how replies are put together of whatever comes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_agent_message.h"

#include <string.h>

#include "util/error.h"

/* --- fixture ------------------------------------------------------------------------ */

/* Reads @text in pieces of @piece bytes; returns the replies, compact, a line each. */
static char *
read_replies(const char *text, gsize size, gsize piece)
{
    GString *all = g_string_new(NULL);
    LibxlAgentReader reader;

    libxl_agent_reader_init(&reader);
    for (gsize done = 0; done < size; done += piece) {
        g_auto(LibxlAgentReply) reply = {0};

        g_assert_true(
            libxl_agent_reader_add(&reader, (const guint8 *)text + done, MIN(piece, size - done)));
        while (libxl_agent_reader_next(&reader, &reply)) {
            g_autofree char *one = libxl_agent_json_format(reply.message);

            g_string_append_printf(all, "%s\n", one);
            libxl_agent_reply_clear(&reply);
        }
    }
    libxl_agent_reader_clear(&reader);
    return g_string_free(all, FALSE);
}

static void
assert_replies(const char *text, const char *expected)
{
    const gsize pieces[] = {1, 3, 1000};

    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autofree char *replies = read_replies(text, strlen(text), pieces[i]);

        g_assert_cmpstr(replies, ==, expected);
    }
}

/* The only reply in @text, or {0}. */
static LibxlAgentReply
read_reply(const char *text)
{
    LibxlAgentReply reply = {0};
    LibxlAgentReader reader;

    libxl_agent_reader_init(&reader);
    g_assert_true(libxl_agent_reader_add(&reader, (const guint8 *)text, strlen(text)));
    libxl_agent_reader_next(&reader, &reply);
    libxl_agent_reader_clear(&reader);
    return reply;
}

/* --- commands ------------------------------------------------------------------------- */

static void
a_command_is_compact_and_ends_with_a_newline(void)
{
    json_object *arguments = json_object_new_object();
    json_object *command;
    g_autofree char *text = NULL;

    json_object_object_add(arguments, "path", json_object_new_string("/a/b"));
    command = libxl_agent_command_new("guest-file-open", arguments);
    text = libxl_agent_command_format(command);
    g_assert_cmpstr(text, ==,
                    "{\"execute\":\"guest-file-open\",\"arguments\":{\"path\":\"/a/b\"}}\n");
    g_assert_cmpstr(libxl_agent_command_get_name(command), ==, "guest-file-open");
    json_object_put(command);
}

static void
a_clients_command_must_be_an_object(void)
{
    static const char *const bad[] = {"", "guest-ping", "[1]", "\"x\"", "{", "{} {}", "{\"a\":}"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(libxl_agent_command_parse(bad[i], &error));
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INVALID_ARG);
    }
}

static void
a_clients_command_stays_as_it_is(void)
{
    static const char *const text =
        "{\"execute\":\"x\",\"arguments\":{\"b\":1.50,\"a\":[null,true]}}";
    json_object *command = libxl_agent_command_parse(text, NULL);
    g_autofree char *formatted = libxl_agent_json_format(command);

    g_assert_cmpstr(formatted, ==, text);
    json_object_put(command);
}

static void
a_sync_begins_with_what_resets_the_agent(void)
{
    g_autofree char *delimited = libxl_agent_command_format_sync(7, true);
    g_autofree char *plain = libxl_agent_command_format_sync(G_MAXUINT32, false);

    g_assert_cmpstr(delimited, ==,
                    "\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}\n");
    g_assert_cmpstr(plain, ==, "{\"execute\":\"guest-sync\",\"arguments\":{\"id\":4294967295}}\n");
}

/* --- replies ---------------------------------------------------------------------------- */

static void
replies_come_in_any_pieces(void)
{
    assert_replies("{\"return\": {}}\n{\"return\": [1, 2.50]}\n{\"error\": {\"class\": \"X\"}}\n",
                   "{\"return\":{}}\n{\"return\":[1,2.50]}\n{\"error\":{\"class\":\"X\"}}\n");
}

static void
half_a_reply_is_none(void)
{
    assert_replies("{\"return\": {}}", "");
}

static void
what_is_no_reply_is_skipped(void)
{
    assert_replies("\n[1]\nlogin: \n{\"event\": \"X\"}\n{\"return\": 1}\n{\"error\": null}\n{}\n"
                   "{\"return\": 2}\n{\"return\": \n",
                   "{\"return\":1}\n{\"return\":2}\n");
}

static void
bytes_that_are_no_utf8_are_no_reply(void)
{
    assert_replies("{\"return\": \"\xc3\x28\"}\n{\"return\": 2}\n", "{\"return\":2}\n");
}

static void
a_delimiter_ends_what_was_before_it(void)
{
    assert_replies("{\"return\": \"hal\xff{\"return\": 5}\n", "{\"return\":5}\n");
}

static void
a_reply_that_returns_nothing_is_one(void)
{
    assert_replies("{\"return\": null}\n", "{\"return\":null}\n");
}

static void
only_the_number_asked_for_is_a_sync(void)
{
    static const char *const others[] = {"{\"return\": 6}\n",    "{\"return\": \"5\"}\n",
                                         "{\"return\": 5.0}\n",  "{\"return\": 4294967301}\n",
                                         "{\"return\": null}\n", "{\"error\": 5}\n"};
    g_auto(LibxlAgentReply) right = read_reply("{\"return\": 5}\n");

    g_assert_true(libxl_agent_reply_is_sync(&right, 5));
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_auto(LibxlAgentReply) reply = read_reply(others[i]);

        g_assert_false(libxl_agent_reply_is_sync(&reply, 5));
    }
}

static void
a_complaint_is_the_agents_own_words_or_its_class(void)
{
    g_auto(LibxlAgentReply) both =
        read_reply("{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"what?\"}}\n");
    g_auto(LibxlAgentReply) one = read_reply("{\"error\": {\"class\": \"GenericError\"}}\n");
    g_auto(LibxlAgentReply) none = read_reply("{\"error\": [1]}\n");

    g_assert_cmpstr(libxl_agent_reply_get_complaint(&both), ==, "what?");
    g_assert_true(libxl_agent_reply_is_unknown_command(&both));
    g_assert_cmpstr(libxl_agent_reply_get_complaint(&one), ==, "GenericError");
    g_assert_false(libxl_agent_reply_is_unknown_command(&one));
    g_assert_nonnull(libxl_agent_reply_get_complaint(&none));
    g_assert_false(libxl_agent_reply_is_unknown_command(&none));
}

/* --- limits --------------------------------------------------------------------------- */

static void
more_bytes_than_a_reply_has_are_refused(void)
{
    g_autofree guint8 *bytes = g_malloc0(LIBXL_AGENT_REPLY_MAX);
    LibxlAgentReader reader;

    libxl_agent_reader_init(&reader);
    g_assert_true(libxl_agent_reader_add(&reader, bytes, LIBXL_AGENT_REPLY_MAX));
    g_assert_false(libxl_agent_reader_add(&reader, bytes, 1));
    libxl_agent_reader_reset(&reader);
    g_assert_true(libxl_agent_reader_add(&reader, bytes, 1));
    libxl_agent_reader_clear(&reader);
}

/* "{"return": [OPEN CLOSE, OPEN CLOSE, ...]}", @n times */
static char *
format_many(const char *item, guint n)
{
    GString *text = g_string_new("{\"return\": [0");

    for (guint i = 0; i < n; i++)
        g_string_append_printf(text, ",%s", item);
    g_string_append(text, "]}\n");
    return g_string_free(text, FALSE);
}

static void
more_values_than_a_reply_has_are_no_reply(void)
{
    g_autofree char *many = format_many("[]", LIBXL_AGENT_VALUES_MAX / 2);
    g_autofree char *few = format_many("[]", LIBXL_AGENT_VALUES_MAX / 4);
    g_autofree char *text = format_many("\"[[,,{{::\\\"[,\"", LIBXL_AGENT_VALUES_MAX / 2);
    g_auto(LibxlAgentReply) refused = read_reply(many);
    g_auto(LibxlAgentReply) taken = read_reply(few);
    g_auto(LibxlAgentReply) strings = read_reply(text);

    g_assert_null(refused.message);
    g_assert_nonnull(taken.message);
    g_assert_nonnull(strings.message);
}

static void
a_reply_that_is_too_deep_is_none(void)
{
    g_autofree char *open = g_strnfill(LIBXL_AGENT_DEPTH_MAX, '[');
    g_autofree char *close = g_strnfill(LIBXL_AGENT_DEPTH_MAX, ']');
    g_autofree char *text = g_strconcat("{\"return\": ", open, close, "}\n", NULL);
    g_auto(LibxlAgentReply) reply = read_reply(text);

    g_assert_null(reply.message);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/libxl/agent/message/" #name, name)
    TEST(a_command_is_compact_and_ends_with_a_newline);
    TEST(a_clients_command_must_be_an_object);
    TEST(a_clients_command_stays_as_it_is);
    TEST(a_sync_begins_with_what_resets_the_agent);
    TEST(replies_come_in_any_pieces);
    TEST(half_a_reply_is_none);
    TEST(what_is_no_reply_is_skipped);
    TEST(bytes_that_are_no_utf8_are_no_reply);
    TEST(a_delimiter_ends_what_was_before_it);
    TEST(a_reply_that_returns_nothing_is_one);
    TEST(only_the_number_asked_for_is_a_sync);
    TEST(a_complaint_is_the_agents_own_words_or_its_class);
    TEST(more_bytes_than_a_reply_has_are_refused);
    TEST(more_values_than_a_reply_has_are_no_reply);
    TEST(a_reply_that_is_too_deep_is_none);
    return g_test_run();
}
