/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OFFERS "\377\373\001\377\373\003\377\373\000\377\375\000"

typedef struct {
    Stage *stage;
    guint16 port;
    char service[8];
} TcpStage;

static TcpStage
tcp_stage_new(bool listen)
{
    TcpStage tcp = {stage_new(CHANNEL_SOURCE_TCP), client_find_port(SOCK_STREAM), ""};

    g_snprintf(tcp.service, sizeof(tcp.service), "%u", tcp.port);
    tcp.stage->source.listen = listen;
    tcp.stage->source.host = (char *)"127.0.0.1";
    return tcp;
}

static void
tcp_stage_open(TcpStage *tcp)
{
    tcp->stage->source.service = tcp->service;
    stage_open(tcp->stage);
}

static int
listen_tcp(guint16 port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), ==, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_cmpint(listen(fd, 5), ==, 0);
    return fd;
}

static void
bytes_go_both_ways(void)
{
    TcpStage tcp = tcp_stage_new(true);
    int client;

    tcp_stage_open(&tcp);
    client = client_connect_tcp(tcp.port);
    client_send(client, "in\377");
    stage_expect_input(tcp.stage, "in\377");
    stage_send(tcp.stage, "out\377", 4);
    client_expect(tcp.stage, client, "out\377");
    close(client);
    stage_free(tcp.stage);
}

static void
a_taken_port_is_refused(void)
{
    TcpStage tcp = tcp_stage_new(true);
    int other = listen_tcp(tcp.port);
    g_autofree char *message = NULL;

    tcp.stage->source.service = tcp.service;
    message = stage_open_in_vain(tcp.stage);
    g_assert_nonnull(strstr(message, tcp.service));
    close(other);
    stage_free(tcp.stage);
}

static void
a_client_that_half_closes_gets_its_answer(void)
{
    TcpStage tcp = tcp_stage_new(true);
    int client;

    tcp_stage_open(&tcp);
    client = client_connect_tcp(tcp.port);
    client_send(client, "question");
    shutdown(client, SHUT_WR);
    stage_expect_input(tcp.stage, "question");
    stage_rest(100);
    g_assert_true(endpoint_is_connected(tcp.stage->endpoint));
    stage_send(tcp.stage, "answer", 6);
    client_expect(tcp.stage, client, "answer");
    close(client);
    stage_free(tcp.stage);
}

static void
a_client_that_closes_makes_place_for_the_next(void)
{
    TcpStage tcp = tcp_stage_new(true);
    int first;
    int second;

    tcp_stage_open(&tcp);
    tcp.stage->input_limit = 0;
    endpoint_want(tcp.stage->endpoint, false, false);
    first = client_connect_tcp(tcp.port);
    client_send(first, "first, ");
    stage_wait(tcp.stage, stage_is_connected);
    close(first);
    second = client_connect_tcp(tcp.port);
    client_send(second, "second");
    stage_wait(tcp.stage, stage_is_unconnected);
    stage_send(tcp.stage, "for the second", 14);
    client_expect(tcp.stage, second, "for the second");
    tcp.stage->input_limit = 100;
    endpoint_want(tcp.stage->endpoint, true, false);
    stage_expect_input(tcp.stage, "first, second");
    close(second);
    stage_free(tcp.stage);
}

static void
a_client_that_is_reset_is_gone(void)
{
    TcpStage tcp = tcp_stage_new(true);
    const struct linger reset = {.l_onoff = 1};
    int client;

    tcp_stage_open(&tcp);
    client = client_connect_tcp(tcp.port);
    client_send(client, "last");
    stage_expect_input(tcp.stage, "last");
    g_assert_cmpint(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), ==, 0);
    close(client);
    stage_wait(tcp.stage, stage_is_unconnected);
    stage_free(tcp.stage);
}

static void
it_connects_to_a_name(void)
{
    TcpStage tcp = tcp_stage_new(false);
    int listener = listen_tcp(tcp.port);
    int peer;

    tcp.stage->source.host = (char *)"localhost";
    tcp_stage_open(&tcp);
    peer = client_accept(listener);
    client_send(peer, "in");
    stage_expect_input(tcp.stage, "in");
    close(peer);
    close(listener);
    stage_free(tcp.stage);
}

static void
it_waits_for_a_listener(void)
{
    TcpStage tcp = tcp_stage_new(false);
    int listener;
    int peer;

    tcp.stage->source.reconnect_s = 1;
    tcp_stage_open(&tcp);
    stage_expect_warning("trying again");
    listener = listen_tcp(tcp.port);
    peer = client_accept(listener);
    stage_wait(tcp.stage, stage_is_connected);
    close(peer);
    close(listener);
    stage_free(tcp.stage);
}

static void
it_connects_again_after_the_end(void)
{
    TcpStage tcp = tcp_stage_new(false);
    int listener = listen_tcp(tcp.port);
    int peer;

    tcp.stage->source.reconnect_s = 1;
    tcp_stage_open(&tcp);
    peer = client_accept(listener);
    client_send(peer, "one ");
    close(peer);
    peer = client_accept(listener);
    client_send(peer, "two");
    stage_expect_input(tcp.stage, "one two");
    close(peer);
    close(listener);
    stage_free(tcp.stage);
}

static void
a_name_that_is_none_is_no_error(void)
{
    TcpStage tcp = tcp_stage_new(false);

    tcp.stage->source.host = (char *)"name.invalid";
    tcp_stage_open(&tcp);
    stage_expect_warning("name.invalid");
    g_assert_false(endpoint_is_connected(tcp.stage->endpoint));
    stage_free(tcp.stage);
}

static void
telnet_is_spoken(void)
{
    TcpStage tcp = tcp_stage_new(true);
    g_autofree char *buffer = g_malloc(64);
    int client;

    tcp.stage->source.telnet = true;
    tcp_stage_open(&tcp);
    client = client_connect_tcp(tcp.port);
    stage_wait(tcp.stage, stage_is_connected);
    stage_rest(50);
    g_assert_cmpint(recv(client, buffer, sizeof(OFFERS) - 1, MSG_WAITALL), ==, sizeof(OFFERS) - 1);
    g_assert_cmpmem(buffer, sizeof(OFFERS) - 1, OFFERS, sizeof(OFFERS) - 1);
    client_send(client, "a\377\377b\377\375\006c");
    stage_expect_input(tcp.stage, "a\377bc");
    client_expect(tcp.stage, client, "\377\374\006");
    stage_send(tcp.stage, "x\377y", 3);
    client_expect(tcp.stage, client, "x\377\377y");
    close(client);
    stage_free(tcp.stage);
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add_func("/endpoint-tcp/" #name, name)
    ADD(bytes_go_both_ways);
    ADD(a_taken_port_is_refused);
    ADD(a_client_that_half_closes_gets_its_answer);
    ADD(a_client_that_closes_makes_place_for_the_next);
    ADD(a_client_that_is_reset_is_gone);
    ADD(it_connects_to_a_name);
    ADD(it_waits_for_a_listener);
    ADD(it_connects_again_after_the_end);
    ADD(a_name_that_is_none_is_no_error);
    ADD(telnet_is_spoken);
    return g_test_run();
}
