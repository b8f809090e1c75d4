/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint_fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG         (4 * 1024 * 1024)
#define MAX_DRAINED 16

static Stage *
stage_new_bound(void)
{
    Stage *stage = stage_new(CHANNEL_SOURCE_UNIX);

    stage->source.listen = true;
    stage_open(stage);
    return stage;
}

static void
bytes_go_both_ways(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    int client = client_connect_unix(stage->path);

    g_assert_false(endpoint_is_connected(stage->endpoint));
    client_send(client, "to the guest");
    stage_expect_input(stage, "to the guest");
    g_assert_true(endpoint_is_connected(stage->endpoint));
    stage_send(stage, "from it", 7);
    client_expect(stage, client, "from it");
    close(client);
}

static bool
was_told(const Stage *stage)
{
    return stage->changes == 1;
}

static bool
was_told_twice(const Stage *stage)
{
    return stage->changes == 2;
}

static void
the_client_is_known(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    int client = client_connect_unix(stage->path);

    stage_wait(stage, was_told);
    g_assert_true(endpoint_is_connected(stage->endpoint));
    g_assert_cmpuint(endpoint_get_client_pid(stage->endpoint), ==, (guint)getpid());
    g_assert_cmpuint(endpoint_get_client_count(stage->endpoint), ==, 1);
    close(client);
    stage_wait(stage, stage_is_unconnected);
    g_assert_cmpuint(endpoint_get_client_pid(stage->endpoint), ==, 0);
    stage_wait(stage, was_told_twice);
}

static void
the_next_waits_in_line(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    int first = client_connect_unix(stage->path);
    int second = client_connect_unix(stage->path);

    client_send(second, "second");
    client_send(first, "first ");
    stage_expect_input(stage, "first ");
    stage_rest(50);
    g_assert_cmpuint(stage->input->len, ==, 6);
    close(first);
    stage_expect_input(stage, "first second");
    stage_send(stage, "hello", 5);
    client_expect(stage, second, "hello");
    close(second);
}

static void
what_comes_without_a_client_waits_for_one(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    int client;

    stage_send(stage, "early", 5);
    stage_rest(50);
    g_assert_cmpuint(stage->output->len, ==, 5);
    client = client_connect_unix(stage->path);
    client_expect(stage, client, "early");
    close(client);
}

static void
a_client_that_half_closes_gets_its_answer(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    int client = client_connect_unix(stage->path);

    client_send(client, "question");
    shutdown(client, SHUT_WR);
    stage_expect_input(stage, "question");
    stage_rest(50);
    g_assert_true(endpoint_is_connected(stage->endpoint));
    stage_send(stage, "answer", 6);
    client_expect(stage, client, "answer");
    close(client);
    stage_wait(stage, stage_is_unconnected);
}

static void
a_half_closed_client_costs_no_time(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    int client = client_connect_unix(stage->path);

    shutdown(client, SHUT_WR);
    stage_wait(stage, stage_is_connected);
    stage_rest(20);
    g_assert_cmpuint(stage_count_turns(), <, 10);
    close(client);
}

static void
what_a_client_that_went_has_sent_comes_first(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    int first = client_connect_unix(stage->path);
    int second;

    stage->input_limit = 0;
    endpoint_want(stage->endpoint, false, false);
    client_send(first, "first, ");
    close(first);
    second = client_connect_unix(stage->path);
    client_send(second, "second");
    stage_send(stage, "for the second", 14);
    client_expect(stage, second, "for the second");
    g_assert_cmpuint(endpoint_get_client_count(stage->endpoint), ==, 2);

    stage->input_limit = 100;
    endpoint_want(stage->endpoint, true, false);
    stage_expect_input(stage, "first, second");
    close(second);
}

static void
clients_that_drain_are_bounded(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    g_autoptr(GString) expected = g_string_new(NULL);

    stage->input_limit = 0;
    endpoint_want(stage->endpoint, false, false);
    for (int i = 0; i < MAX_DRAINED + 4; i++) {
        g_autofree char *text = g_strdup_printf("%d,", i);
        int client = client_connect_unix(stage->path);

        client_send(client, text);
        close(client);
        g_string_append(expected, text);
    }
    stage_rest(100);
    g_assert_cmpuint(endpoint_get_client_count(stage->endpoint), ==, MAX_DRAINED);

    stage->input_limit = 1000;
    endpoint_want(stage->endpoint, true, false);
    stage_expect_input(stage, expected->str);
    g_assert_cmpuint(endpoint_get_client_count(stage->endpoint), ==, MAX_DRAINED + 4);
}

static void
a_dead_client_makes_place(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    g_autofree char *bytes = g_malloc0(BIG);
    int client = client_connect_unix(stage->path);
    gsize left;

    stage_send(stage, bytes, BIG);
    stage_rest(50);
    left = stage->output->len;
    g_assert_cmpuint(left, >, 0);
    close(client);
    stage_wait(stage, stage_is_unconnected);
    g_assert_cmpuint(stage->output->len, ==, left);
    g_byte_array_set_size(stage->output, 0);
    client = client_connect_unix(stage->path);
    stage_send(stage, "next", 4);
    client_expect(stage, client, "next");
    close(client);
}

static void
a_client_that_takes_nothing_is_not_connected(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    int client = client_connect_unix(stage->path);

    stage_wait(stage, stage_is_connected);
    shutdown(client, SHUT_RD);
    stage_send(stage, "x", 1);
    stage_wait(stage, stage_is_unconnected);
    client_send(client, "but sends");
    stage_expect_input(stage, "but sends");
    g_assert_cmpuint(stage->output->len, ==, 1);
    close(client);
}

typedef struct {
    int fd;
    const guint8 *bytes;
} Transfer;

static gpointer
send_all(gpointer data)
{
    const Transfer *transfer = data;

    for (gsize done = 0; done < BIG;)
        done += (gsize)write(transfer->fd, transfer->bytes + done, MIN(BIG - done, 70001));
    return NULL;
}

static gpointer
receive_all(gpointer data)
{
    const Transfer *transfer = data;
    guint8 *bytes = g_malloc(BIG);

    for (gsize done = 0; done < BIG;) {
        gssize n = read(transfer->fd, bytes + done, MIN(BIG - done, 50021));

        g_assert_cmpint(n, >, 0);
        done += (gsize)n;
    }
    return bytes;
}

static void
much_goes_both_ways_at_once(void)
{
    g_autoptr(Stage) stage = stage_new_bound();
    g_autofree guint8 *bytes = g_malloc(BIG);
    g_autofree guint8 *received = NULL;
    Transfer transfer = {client_connect_unix(stage->path), bytes};
    GThread *sender;
    GThread *receiver;

    for (gsize i = 0; i < BIG; i++)
        bytes[i] = (guint8)g_random_int();
    stage_send(stage, bytes, BIG);
    sender = g_thread_new("sender", send_all, &transfer);
    receiver = g_thread_new("receiver", receive_all, &transfer);
    stage_wait_input(stage, BIG);
    stage_wait(stage, stage_has_sent);
    g_thread_join(sender);
    received = g_thread_join(receiver);
    g_assert_cmpmem(received, BIG, bytes, BIG);
    g_assert_cmpmem(stage->input->data, stage->input->len, bytes, BIG);
    close(transfer.fd);
}

static void
the_socket_goes_with_the_endpoint(void)
{
    g_autoptr(Stage) stage = stage_new_bound();

    g_clear_pointer(&stage->endpoint, endpoint_free);
    g_assert_cmpint(g_access(stage->path, F_OK), <, 0);
}

static void
an_abandoned_socket_stays(void)
{
    g_autoptr(Stage) stage = stage_new_bound();

    g_clear_pointer(&stage->endpoint, endpoint_abandon);
    g_assert_cmpint(g_access(stage->path, F_OK), ==, 0);
    stage_open_resumed(stage);
}

static void
what_is_in_the_way_is_named(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    g_autofree char *message = NULL;

    stage->source.listen = true;
    g_assert_true(g_file_set_contents(stage->path, "mine", -1, NULL));
    message = stage_open_in_vain(stage);
    g_assert_nonnull(strstr(message, stage->path));
    g_assert_nonnull(strstr(message, "no socket"));
}

static void
it_connects(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    int listener = client_listen_unix(stage->path);
    int peer;

    stage_open(stage);
    peer = client_accept(listener);
    client_send(peer, "in");
    stage_expect_input(stage, "in");
    stage_send(stage, "out", 3);
    client_expect(stage, peer, "out");
    g_assert_cmpuint(endpoint_get_client_pid(stage->endpoint), ==, (guint)getpid());
    close(peer);
    stage_wait(stage, stage_is_unconnected);
    close(listener);
}

static void
it_connects_again(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    int listener = client_listen_unix(stage->path);
    int peer;

    stage->source.reconnect_s = 1;
    stage_open(stage);
    peer = client_accept(listener);
    client_send(peer, "one ");
    close(peer);
    peer = client_accept(listener);
    client_send(peer, "two");
    stage_expect_input(stage, "one two");
    stage_wait(stage, stage_is_connected);
    g_assert_cmpuint(endpoint_get_client_count(stage->endpoint), ==, 2);
    close(peer);
    close(listener);
}

static void
it_waits_for_a_listener(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    int listener;
    int peer;

    stage->source.reconnect_s = 1;
    stage_open(stage);
    stage_expect_warning("trying again");
    g_assert_false(endpoint_is_connected(stage->endpoint));
    listener = client_listen_unix(stage->path);
    peer = client_accept(listener);
    stage_wait(stage, stage_is_connected);
    close(peer);
    close(listener);
}

static void
without_reconnect_it_tries_once(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    int listener;

    stage_open(stage);
    stage_expect_warning("stays unconnected");
    listener = client_listen_unix(stage->path);
    stage_rest(1500);
    g_assert_false(endpoint_is_connected(stage->endpoint));
    close(listener);
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add_func("/endpoint-unix/" #name, name)
    ADD(bytes_go_both_ways);
    ADD(the_client_is_known);
    ADD(the_next_waits_in_line);
    ADD(what_comes_without_a_client_waits_for_one);
    ADD(a_client_that_half_closes_gets_its_answer);
    ADD(a_half_closed_client_costs_no_time);
    ADD(what_a_client_that_went_has_sent_comes_first);
    ADD(clients_that_drain_are_bounded);
    ADD(a_dead_client_makes_place);
    ADD(a_client_that_takes_nothing_is_not_connected);
    ADD(much_goes_both_ways_at_once);
    ADD(the_socket_goes_with_the_endpoint);
    ADD(an_abandoned_socket_stays);
    ADD(what_is_in_the_way_is_named);
    ADD(it_connects);
    ADD(it_connects_again);
    ADD(it_waits_for_a_listener);
    ADD(without_reconnect_it_tries_once);
    return g_test_run();
}
