/* Speaks xenstore's protocol over a socket pair in place of /dev/xen/xenbus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "guest/xenbus.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ = 2,
    ERROR = 16,
    REQUEST = 1,
};

typedef struct {
    int guest;
    int store;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    fixture->guest = fds[0];
    fixture->store = fds[1];
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    close(fixture->guest);
    close(fixture->store);
}

/* The answer lies ready before the question comes; it has @claimed as its length. */
static void
answer(Fixture *fixture, guint32 type, guint32 request, const char *payload, guint32 length,
       guint32 claimed)
{
    const guint32 header[] = {type, request, 0, claimed};

    g_assert_cmpint(write(fixture->store, header, sizeof(header)), ==, sizeof(header));
    if (length > 0)
        g_assert_cmpint(write(fixture->store, payload, length), ==, length);
}

static void
answer_value(Fixture *fixture, const char *value)
{
    answer(fixture, READ, REQUEST, value, (guint32)strlen(value), (guint32)strlen(value));
}

static void
assert_fails(Fixture *fixture, int error)
{
    char value[8];

    shutdown(fixture->store, SHUT_WR);
    g_assert_cmpint(xenbus_read(fixture->guest, "device/console/1/name", value, sizeof(value)), ==,
                    -1);
    g_assert_cmpint(errno, ==, error);
}

static void
a_value_is_read(Fixture *fixture, gconstpointer unused)
{
    char value[8];

    answer_value(fixture, "org.a");
    g_assert_cmpint(xenbus_read(fixture->guest, "name", value, sizeof(value)), ==, 5);
    g_assert_cmpstr(value, ==, "org.a");
    answer_value(fixture, "");
    g_assert_cmpint(xenbus_read(fixture->guest, "name", value, sizeof(value)), ==, 0);
    g_assert_cmpstr(value, ==, "");
}

static void
a_question_is_one_message(Fixture *fixture, gconstpointer unused)
{
    const guint32 header[] = {READ, REQUEST, 0, sizeof("name")};
    char value[8], question[64];

    answer_value(fixture, "x");
    g_assert_cmpint(xenbus_read(fixture->guest, "name", value, sizeof(value)), ==, 1);
    g_assert_cmpint(read(fixture->store, question, sizeof(question)), ==,
                    sizeof(header) + sizeof("name"));
    g_assert_cmpmem(question, sizeof(header), header, sizeof(header));
    g_assert_cmpstr(question + sizeof(header), ==, "name");
}

static gpointer
answer_slowly(gpointer data)
{
    Fixture *fixture = data;
    const guint32 header[] = {READ, REQUEST, 0, 5};
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    g_byte_array_append(bytes, (const guint8 *)header, sizeof(header));
    g_byte_array_append(bytes, (const guint8 *)"slowl", 5);
    for (guint i = 0; i < bytes->len; i++) {
        g_assert_cmpint(write(fixture->store, bytes->data + i, 1), ==, 1);
        g_usleep(1000);
    }
    return NULL;
}

static void
an_answer_may_come_byte_by_byte(Fixture *fixture, gconstpointer unused)
{
    GThread *store = g_thread_new("store", answer_slowly, fixture);
    char value[8];

    g_assert_cmpint(xenbus_read(fixture->guest, "name", value, sizeof(value)), ==, 5);
    g_assert_cmpstr(value, ==, "slowl");
    g_thread_join(store);
}

static void
an_error_is_told(Fixture *fixture, gconstpointer unused)
{
    answer(fixture, ERROR, REQUEST, "ENOENT", sizeof("ENOENT"), sizeof("ENOENT"));
    assert_fails(fixture, ENOENT);
}

static void
an_error_without_a_name_is_one(Fixture *fixture, gconstpointer unused)
{
    answer(fixture, ERROR, REQUEST, NULL, 0, 0);
    assert_fails(fixture, EIO);
}

static void
a_value_that_is_too_long_is_refused(Fixture *fixture, gconstpointer unused)
{
    answer_value(fixture, "12345678");
    assert_fails(fixture, EMSGSIZE);
}

static void
a_value_with_a_nul_is_refused(Fixture *fixture, gconstpointer unused)
{
    answer(fixture, READ, REQUEST, "a\0b", 3, 3);
    assert_fails(fixture, EPROTO);
}

static void
an_answer_of_another_type_is_refused(Fixture *fixture, gconstpointer unused)
{
    answer(fixture, READ + 1, REQUEST, "a", 1, 1);
    assert_fails(fixture, EPROTO);
}

static void
an_answer_to_another_question_is_refused(Fixture *fixture, gconstpointer unused)
{
    answer(fixture, READ, REQUEST + 1, "a", 1, 1);
    assert_fails(fixture, EPROTO);
}

static void
a_length_beyond_the_protocol_s_is_refused(Fixture *fixture, gconstpointer unused)
{
    answer(fixture, READ, REQUEST, "a", 1, 4097);
    assert_fails(fixture, EPROTO);
}

static void
an_answer_that_ends_early_is_refused(Fixture *fixture, gconstpointer unused)
{
    answer(fixture, READ, REQUEST, "a", 1, 2);
    assert_fails(fixture, EPROTO);
}

static void
a_path_beyond_the_protocol_s_is_not_asked_for(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = g_strnfill(4096, 'a');
    char value[8];

    g_assert_cmpint(xenbus_read(fixture->guest, path, value, sizeof(value)), ==, -1);
    g_assert_cmpint(errno, ==, ENAMETOOLONG);
}

#define ADD(function)                                                                              \
    g_test_add("/guest/xenbus/" #function, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(a_value_is_read);
    ADD(a_question_is_one_message);
    ADD(an_answer_may_come_byte_by_byte);
    ADD(an_error_is_told);
    ADD(an_error_without_a_name_is_one);
    ADD(a_value_that_is_too_long_is_refused);
    ADD(a_value_with_a_nul_is_refused);
    ADD(an_answer_of_another_type_is_refused);
    ADD(an_answer_to_another_question_is_refused);
    ADD(a_length_beyond_the_protocol_s_is_refused);
    ADD(an_answer_that_ends_early_is_refused);
    ADD(a_path_beyond_the_protocol_s_is_not_asked_for);
    return g_test_run();
}
