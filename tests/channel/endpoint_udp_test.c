/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    Stage *stage;
    guint16 port; /* of the channel */
    int peer;     /* a socket at which it sends */
    char service[8];
    char bind_service[8];
} UdpStage;

static UdpStage
udp_stage_new(void)
{
    UdpStage udp = {stage_new(CHANNEL_SOURCE_UDP), client_find_port(SOCK_DGRAM), -1, "", ""};
    guint16 peer_port = client_find_port(SOCK_DGRAM);
    struct sockaddr_in address = client_get_loopback(peer_port);

    udp.peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(udp.peer, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    address = client_get_loopback(udp.port);
    g_assert_cmpint(connect(udp.peer, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_snprintf(udp.service, sizeof(udp.service), "%u", peer_port);
    g_snprintf(udp.bind_service, sizeof(udp.bind_service), "%u", udp.port);
    udp.stage->source.host = (char *)"127.0.0.1";
    udp.stage->source.bind_host = (char *)"127.0.0.1";
    return udp;
}

static void
udp_stage_open(UdpStage *udp)
{
    udp->stage->source.service = udp->service;
    udp->stage->source.bind_service = udp->bind_service;
    stage_open(udp->stage);
}

static void
udp_stage_free(UdpStage *udp)
{
    close(udp->peer);
    stage_free(udp->stage);
}

static void
bytes_go_both_ways(void)
{
    UdpStage udp = udp_stage_new();

    udp_stage_open(&udp);
    g_assert_true(endpoint_is_connected(udp.stage->endpoint));
    client_send(udp.peer, "in, ");
    client_send(udp.peer, "and more");
    stage_expect_input(udp.stage, "in, and more");
    stage_send(udp.stage, "out", 3);
    client_expect(udp.stage, udp.peer, "out");
    udp_stage_free(&udp);
}

static void
names_are_looked_up(void)
{
    UdpStage udp = udp_stage_new();

    udp.stage->source.host = (char *)"localhost";
    udp.stage->source.bind_host = NULL;
    udp_stage_open(&udp);
    stage_wait(udp.stage, stage_is_connected);
    udp_stage_free(&udp);
}

static void
much_goes_in_many_datagrams(void)
{
    UdpStage udp = udp_stage_new();
    g_autofree char *text = g_malloc0(10001);
    g_autofree char *buffer = g_malloc(65536);
    gsize done = 0;

    for (int i = 0; i < 10000; i++)
        text[i] = (char)('a' + i % 26);
    udp_stage_open(&udp);
    stage_send(udp.stage, text, 10000);
    stage_wait(udp.stage, stage_has_sent);
    while (done < 10000) {
        gssize n = recv(udp.peer, buffer, 65536, 0);

        g_assert_cmpint(n, >, 0);
        g_assert_cmpint(n, <=, 1472);
        g_assert_cmpmem(buffer, n, text + done, n);
        done += (gsize)n;
    }
    udp_stage_free(&udp);
}

static void
a_datagram_waits_until_it_fits_whole(void)
{
    UdpStage udp = udp_stage_new();

    udp.stage->input_limit = 5;
    udp_stage_open(&udp);
    client_send(udp.peer, "longer than five");
    stage_rest(300);
    g_assert_cmpuint(udp.stage->input->len, ==, 0);
    g_assert_cmpuint(stage_count_turns(), <, 50);
    udp.stage->input_limit = 100;
    endpoint_want(udp.stage->endpoint, true, false);
    stage_expect_input(udp.stage, "longer than five");
    udp_stage_free(&udp);
}

static void
a_datagram_that_can_never_fit_is_dropped(void)
{
    UdpStage udp = udp_stage_new();
    g_autofree char *text = g_strnfill(5000, 'x');

    udp.stage->source.hold_in = 4096;
    udp_stage_open(&udp);
    client_send(udp.peer, text);
    client_send(udp.peer, "next");
    stage_expect_warning("5000 bytes is dropped");
    stage_expect_input(udp.stage, "next");
    udp_stage_free(&udp);
}

static void
nobody_at_the_other_end_is_no_end(void)
{
    UdpStage udp = udp_stage_new();
    struct sockaddr_in own;
    socklen_t size = sizeof(own);
    struct sockaddr_in other;

    g_assert_cmpint(getsockname(udp.peer, (struct sockaddr *)&own, &size), ==, 0);
    udp_stage_open(&udp);
    close(udp.peer);
    for (int i = 0; i < 5; i++) {
        stage_send(udp.stage, "lost", 4);
        stage_rest(10);
    }
    stage_wait(udp.stage, stage_has_sent);
    udp.peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(udp.peer, (struct sockaddr *)&own, size), ==, 0);
    other = client_get_loopback(udp.port);
    g_assert_cmpint(connect(udp.peer, (struct sockaddr *)&other, sizeof(other)), ==, 0);
    stage_send(udp.stage, "arrives", 7);
    client_expect(udp.stage, udp.peer, "arrives");
    udp_stage_free(&udp);
}

static void
a_taken_port_is_refused(void)
{
    UdpStage udp = udp_stage_new();
    UdpStage other = udp_stage_new();
    g_autofree char *message = NULL;

    udp_stage_open(&other);
    udp.stage->source.service = udp.service;
    udp.stage->source.bind_service = other.bind_service;
    message = stage_open_in_vain(udp.stage);
    g_assert_nonnull(strstr(message, udp.service));
    udp_stage_free(&udp);
    udp_stage_free(&other);
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add_func("/endpoint-udp/" #name, name)
    ADD(bytes_go_both_ways);
    ADD(names_are_looked_up);
    ADD(much_goes_in_many_datagrams);
    ADD(a_datagram_waits_until_it_fits_whole);
    ADD(a_datagram_that_can_never_fit_is_dropped);
    ADD(nobody_at_the_other_end_is_no_end);
    ADD(a_taken_port_is_refused);
    return g_test_run();
}
