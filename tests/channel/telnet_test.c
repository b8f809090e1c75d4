/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/telnet.h"

#include <string.h>

#define TEXT(text) (text), sizeof(text) - 1

static void
drop_offers(Telnet *telnet)
{
    telnet_init(telnet);
    g_assert_cmpuint(telnet_sent(telnet, NULL, 0, telnet->n_pending), ==, 0);
}

/* Decodes @wire in pieces of @piece bytes. */
static GByteArray *
decode(Telnet *telnet, const char *wire, gsize size, gsize piece)
{
    GByteArray *data = g_byte_array_new();

    for (gsize i = 0; i < size; i += piece) {
        gsize n = MIN(piece, size - i);
        g_autofree guint8 *copy = g_memdup2(wire + i, n);

        g_byte_array_append(data, copy, (guint)telnet_decode(telnet, copy, n));
    }
    return data;
}

/* Sends @data through a wire that takes @piece bytes at a time, each time with another part
 * of it in the second piece of memory. */
static GByteArray *
encode(Telnet *telnet, const guint8 *data, gsize size, gsize piece)
{
    GByteArray *wire = g_byte_array_new();
    g_autofree guint8 *buffer = g_malloc(piece + 7);

    while (size > 0 || telnet->n_pending > 0) {
        const struct iovec iov[] = {{(void *)data, size / 3},
                                    {(void *)(data + size / 3), size - size / 3}};
        gsize n = MIN(telnet_encode(telnet, iov, 2, buffer, piece + 7), piece);
        gsize taken = telnet_sent(telnet, iov, 2, n);

        g_byte_array_append(wire, buffer, (guint)n);
        g_assert_cmpuint(taken, <=, size);
        data += taken;
        size -= taken;
    }
    return wire;
}

static void
commands_are_no_data(void)
{
    const char wire[] = "a\377\373\001b\377\377c\377\361d\377\372\030\001\377\377x\377\360e\r\0f";

    for (gsize piece = 1; piece < sizeof(wire); piece++) {
        g_autoptr(GByteArray) data = NULL;
        Telnet telnet;

        drop_offers(&telnet);
        data = decode(&telnet, TEXT(wire), piece);
        g_assert_cmpmem(data->data, data->len, "ab\377cde\r\0f", 9);
    }
}

static void
expect_answer(Telnet *telnet, const char *wire, gsize size, const char *answer, gsize answer_size)
{
    g_autoptr(GByteArray) data = decode(telnet, wire, size, 1);

    g_assert_cmpuint(data->len, ==, 0);
    g_assert_cmpmem(telnet->pending, telnet->n_pending, answer, answer_size);
    telnet_sent(telnet, NULL, 0, telnet->n_pending);
}

static void
options_are_answered_when_they_change(void)
{
    Telnet telnet;

    drop_offers(&telnet);
    expect_answer(&telnet, TEXT("\377\375\001"), TEXT(""));             /* DO ECHO: we offered */
    expect_answer(&telnet, TEXT("\377\376\001"), TEXT("\377\374\001")); /* DONT: WONT */
    expect_answer(&telnet, TEXT("\377\376\001"), TEXT(""));
    expect_answer(&telnet, TEXT("\377\375\001"), TEXT("\377\373\001")); /* DO: WILL */
    expect_answer(&telnet, TEXT("\377\373\003"), TEXT("\377\375\003")); /* WILL SGA: DO */
    expect_answer(&telnet, TEXT("\377\373\001"), TEXT("\377\376\001")); /* WILL ECHO: DONT */
    expect_answer(&telnet, TEXT("\377\375\042"), TEXT("\377\374\042")); /* unknown: WONT */
    expect_answer(&telnet, TEXT("\377\376\042"), TEXT(""));
}

static void
questions_without_end_take_no_room_without_end(void)
{
    Telnet telnet;

    drop_offers(&telnet);
    for (int i = 0; i < 10000; i++) {
        guint8 question[] = {255, 253, 42};

        g_assert_cmpuint(telnet_decode(&telnet, question, sizeof(question)), ==, 0);
    }
    g_assert_cmpuint(telnet.n_pending, <=, sizeof(telnet.pending));
}

static void
what_is_sent_in_pieces_arrives_whole(void)
{
    guint8 data[500];

    for (gsize i = 0; i < sizeof(data); i++)
        data[i] = g_random_boolean() ? 255 : (guint8)g_random_int();
    for (gsize piece = 1; piece < 40; piece++) {
        g_autoptr(GByteArray) wire = NULL;
        g_autoptr(GByteArray) received = NULL;
        Telnet sender;
        Telnet receiver;

        telnet_init(&sender);
        drop_offers(&receiver);
        wire = encode(&sender, data, sizeof(data), piece);
        received = decode(&receiver, (const char *)wire->data, wire->len, piece);
        g_assert_cmpmem(received->data, received->len, data, sizeof(data));
    }
}

static void
an_answer_does_not_part_a_pair(void)
{
    guint8 question[] = {255, 253, 42};
    guint8 byte = 255;
    const struct iovec iov = {&byte, 1};
    guint8 buffer[8];
    Telnet telnet;

    drop_offers(&telnet);
    g_assert_cmpuint(telnet_encode(&telnet, &iov, 1, buffer, sizeof(buffer)), ==, 2);
    g_assert_cmpuint(telnet_sent(&telnet, &iov, 1, 1), ==, 1);
    telnet_decode(&telnet, question, sizeof(question));
    g_assert_cmpuint(telnet_encode(&telnet, NULL, 0, buffer, sizeof(buffer)), ==, 4);
    g_assert_cmpmem(buffer, 4, "\377\377\374\052", 4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/telnet/" #name, name)
    ADD(commands_are_no_data);
    ADD(options_are_answered_when_they_change);
    ADD(questions_without_end_take_no_room_without_end);
    ADD(what_is_sent_in_pieces_arrives_whole);
    ADD(an_answer_does_not_part_a_pair);
    return g_test_run();
}
