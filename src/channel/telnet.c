/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/telnet.h"

#include <string.h>

enum {
    SE = 240,
    SB = 250,
    WILL = 251,
    WONT = 252,
    DO = 253,
    DONT = 254,
    IAC = 255,
};

/* The options that we know: TRANSMIT-BINARY (RFC 856), ECHO (857), SUPPRESS-GO-AHEAD
 * (858). Telnet.ours and .theirs have a state for each. */
static const guint8 options[] = {0, 1, 3};

enum {
    BINARY,
    ECHO,
    SUPPRESS_GO_AHEAD,
};

enum {
    OFF,
    ASKED, /* we have said so, and the other end has not answered yet */
    ON,
    NEVER,
};

static void
queue(Telnet *telnet, guint8 verb, guint8 option)
{
    const guint8 bytes[] = {IAC, verb, option};

    if (telnet->n_pending + sizeof(bytes) > sizeof(telnet->pending) - 1)
        return; /* one byte is left for the second half of an escaped one */
    memcpy(telnet->pending + telnet->n_pending, bytes, sizeof(bytes));
    telnet->n_pending += sizeof(bytes);
}

void
telnet_init(Telnet *telnet)
{
    *telnet = (Telnet){
        .ours = {ASKED, ASKED, ASKED},
        .theirs = {ASKED, NEVER, OFF},
    };
    queue(telnet, WILL, options[ECHO]);
    queue(telnet, WILL, options[SUPPRESS_GO_AHEAD]);
    queue(telnet, WILL, options[BINARY]);
    queue(telnet, DO, options[BINARY]);
}

void
telnet_init_resumed(Telnet *telnet)
{
    *telnet = (Telnet){
        .ours = {ON, ON, ON},
        .theirs = {ON, NEVER, ON},
    };
}

static guint8 *
find_option(guint8 *states, guint8 option)
{
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        if (options[i] == option && states[i] != NEVER)
            return &states[i];
    }
    return NULL;
}

/* The other end wants an option of @states on, or off; @yes and @no are our words. */
static void
negotiate(Telnet *telnet, guint8 *states, guint8 option, bool on, guint8 yes, guint8 no)
{
    guint8 *state = find_option(states, option);

    if (!state) {
        if (on)
            queue(telnet, no, option);
        return;
    }
    if (on && *state == OFF)
        queue(telnet, yes, option);
    else if (!on && *state == ON)
        queue(telnet, no, option);
    *state = on ? ON : OFF;
}

static void
answer(Telnet *telnet, guint8 verb, guint8 option)
{
    if (verb == DO || verb == DONT)
        negotiate(telnet, telnet->ours, option, verb == DO, WILL, WONT);
    else
        negotiate(telnet, telnet->theirs, option, verb == WILL, DO, DONT);
}

/* After IAC. Returns whether it is a byte of data. */
static bool
take_command(Telnet *telnet, guint8 byte)
{
    telnet->state = TELNET_DATA;
    if (byte == IAC)
        return true;
    if (byte == SB) {
        telnet->state = TELNET_SUBNEGOTIATION;
    } else if (byte >= WILL && byte <= DONT) {
        telnet->verb = byte;
        telnet->state = TELNET_OPTION;
    }
    return false;
}

/* Returns whether it is a byte of data. */
static bool
take_byte(Telnet *telnet, guint8 byte)
{
    switch (telnet->state) {
    case TELNET_DATA:
        if (byte != IAC)
            return true;
        telnet->state = TELNET_COMMAND;
        break;
    case TELNET_COMMAND:
        return take_command(telnet, byte);
    case TELNET_OPTION:
        answer(telnet, telnet->verb, byte);
        telnet->state = TELNET_DATA;
        break;
    case TELNET_SUBNEGOTIATION:
        if (byte == IAC)
            telnet->state = TELNET_SUBNEGOTIATION_IAC;
        break;
    case TELNET_SUBNEGOTIATION_IAC:
        telnet->state = byte == SE ? TELNET_DATA : TELNET_SUBNEGOTIATION;
        break;
    }
    return false;
}

gsize
telnet_decode(Telnet *telnet, guint8 *data, gsize size)
{
    gsize n = 0;

    for (gsize i = 0; i < size; i++) {
        if (take_byte(telnet, data[i]))
            data[n++] = data[i];
    }
    return n;
}

gsize
telnet_encode(const Telnet *telnet, const struct iovec *iov, int n_iov, guint8 *buffer, gsize room)
{
    gsize n = MIN(telnet->n_pending, room);

    memcpy(buffer, telnet->pending, n);
    for (int i = 0; i < n_iov; i++) {
        const guint8 *bytes = iov[i].iov_base;

        for (gsize j = 0; j < iov[i].iov_len; j++) {
            if (n + (bytes[j] == IAC ? 2 : 1) > room)
                return n;
            if (bytes[j] == IAC)
                buffer[n++] = IAC;
            buffer[n++] = bytes[j];
        }
    }
    return n;
}

static gsize
drop_pending(Telnet *telnet, gsize sent)
{
    gsize n = MIN(sent, telnet->n_pending);

    telnet->n_pending -= n;
    memmove(telnet->pending, telnet->pending + n, telnet->n_pending);
    return n;
}

gsize
telnet_sent(Telnet *telnet, const struct iovec *iov, int n_iov, gsize sent)
{
    gsize taken = 0;

    sent -= drop_pending(telnet, sent);
    for (int i = 0; i < n_iov; i++) {
        const guint8 *bytes = iov[i].iov_base;

        for (gsize j = 0; j < iov[i].iov_len && sent > 0; j++, taken++) {
            sent--;
            if (bytes[j] != IAC)
                continue;
            /* Half of a pair is out: the byte is given away, its twin follows. */
            if (sent == 0)
                telnet->pending[telnet->n_pending++] = IAC;
            else
                sent--;
        }
    }
    return taken;
}
