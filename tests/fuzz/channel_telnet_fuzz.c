/* Two ends that speak telnet: what one sends the other gets, however the wire cuts
 * it, and they come to rest; and whatever else comes over the wire, neither data nor
 * answers are more than came.
 *
 * The input is a list of steps: what to do, a length, and for some bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/telnet.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

enum {
    ROUNDS_MAX = 64, /* in which two ends must have agreed */
};

typedef struct {
    Telnet telnet;
    GByteArray *sent;     /* data that it has sent */
    GByteArray *received; /* data that it has got */
    GByteArray *wire;     /* on its way to the other */
} End;

static void
check(const Telnet *telnet)
{
    g_assert(telnet->n_pending <= sizeof(telnet->pending));
    g_assert(telnet->state <= TELNET_SUBNEGOTIATION_IAC);
}

static void
end_init(End *end)
{
    telnet_init(&end->telnet);
    end->sent = g_byte_array_new();
    end->received = g_byte_array_new();
    end->wire = g_byte_array_new();
}

static void
end_clear(End *end)
{
    g_byte_array_unref(end->sent);
    g_byte_array_unref(end->received);
    g_byte_array_unref(end->wire);
}

/* Sends what is pending, and of @data what fits into a buffer of @room bytes, of which
 * the wire takes @part. */
static void
send_bytes(End *end, const guint8 *data, gsize size, gsize room, gsize part)
{
    g_autofree guint8 *buffer = g_malloc(room + 1);
    struct iovec iov[] = {{(void *)data, size / 2}, {(void *)(data + size / 2), size - size / 2}};
    gsize n = telnet_encode(&end->telnet, iov, 2, buffer, room);
    gsize taken;

    g_assert(n <= room);
    part = MIN(part, n);
    taken = telnet_sent(&end->telnet, iov, 2, part);
    g_assert(taken <= size && taken <= part);
    g_byte_array_append(end->wire, buffer, (guint)part);
    g_byte_array_append(end->sent, data, (guint)taken);
    check(&end->telnet);
}

static void
receive_bytes(End *end, const guint8 *bytes, gsize size)
{
    g_autofree guint8 *copy = g_memdup2(bytes, size);
    gsize pending, n;

    if (size == 0)
        return;
    pending = end->telnet.n_pending;
    n = telnet_decode(&end->telnet, copy, size);
    g_assert(n <= size);
    /* the first of the commands may have begun before */
    g_assert(end->telnet.n_pending <= pending + size + 2);
    g_byte_array_append(end->received, copy, (guint)n);
    check(&end->telnet);
}

/* At most @size bytes arrive. */
static void
deliver(End *from, End *to, gsize size)
{
    size = MIN(size, from->wire->len);
    receive_bytes(to, from->wire->data, size);
    if (size > 0)
        g_byte_array_remove_range(from->wire, 0, (guint)size);
}

/* Half an escaped byte may be left to send. */
static void
settle(End *a, End *b)
{
    int rounds = 0;

    while (a->telnet.n_pending || b->telnet.n_pending || a->wire->len || b->wire->len) {
        g_assert(rounds++ < ROUNDS_MAX);
        send_bytes(a, (const guint8 *)"", 0, 1024, 1024);
        send_bytes(b, (const guint8 *)"", 0, 1024, 1024);
        deliver(a, b, G_MAXSIZE);
        deliver(b, a, G_MAXSIZE);
    }
}

static void
assert_arrived(const End *from, const End *to)
{
    g_assert_cmpmem(from->sent->data, from->sent->len, to->received->data, to->received->len);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    bool honest = true;
    End ends[2];

    end_init(&ends[0]);
    end_init(&ends[1]);
    while (size >= 4) {
        End *one = &ends[data[0] & 1], *other = &ends[!(data[0] & 1)];
        guint what = data[0] >> 1 & 3;
        gsize room = data[1], part = data[2];
        gsize length = MIN(data[3], size - 4);

        data += 4;
        size -= 4;
        if (what == 0) {
            deliver(one, other, part);
            continue;
        }
        if (what == 3) {
            receive_bytes(one, data, length);
            honest = honest && length == 0;
        } else {
            send_bytes(one, data, length, room, part);
        }
        data += length;
        size -= length;
    }
    if (honest) {
        settle(&ends[0], &ends[1]);
        assert_arrived(&ends[0], &ends[1]);
        assert_arrived(&ends[1], &ends[0]);
    }
    end_clear(&ends[0]);
    end_clear(&ends[1]);
    return 0;
}
