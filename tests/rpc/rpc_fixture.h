/* One client over a socket pair: the daemon's side in the main loop, the peer's
 * side in the hands of the test. Everything runs in one thread; waiting turns
 * the loop until a condition holds (a generous while, then the test fails).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_client.h"
#include "rpc/rpc_reader.h"

#define TEST_PROGRAM 0x20008086u

/* Turns the default main loop until @condition holds. */
#define WAIT_UNTIL(condition)                                                                      \
    for (gint64 wait_end = g_get_monotonic_time() + 30 * G_TIME_SPAN_SECOND; !(condition);)        \
    fixture_turn(wait_end, #condition)

void fixture_turn(gint64 end, const char *what);

/* Turns the loop for at least @milliseconds, to see that nothing happens. */
void fixture_idle(guint milliseconds);

typedef struct {
    RpcPoll *poll;
    RpcClient *client;
    int peer; /* non-blocking */
    RpcReader *peer_reader;
    GPtrArray *calls;   /* of RpcMessage: unanswered */
    GPtrArray *streams; /* of RpcMessage */
    guint handled;      /* calls that came up */
    bool answer;        /* answer calls at once, with reply */
    GBytes *reply;
    guint closed;
    guint output_ready;
} Fixture;

void fixture_open(Fixture *fixture, const RpcClientLimits *limits, bool authenticated);
void fixture_close(Fixture *fixture);

/* Replaces the log's writer and the fatality of warnings; call first. */
void fixture_capture_log(void);

/* Was a line with @part logged since the last call? Forgets all lines. */
bool fixture_was_logged(const char *part);

/* A frame as bytes, and the header of a call. */
GByteArray *make_frame(const RpcHeader *header, const void *payload, gsize size);
RpcHeader make_call(guint32 procedure, guint32 serial);

/* The peer sends bytes (turning the loop while the socket is full), a frame
 * without payload, or one byte with descriptors. */
void peer_send(Fixture *fixture, const void *data, gsize size);
void peer_send_frame(Fixture *fixture, const RpcHeader *header, const void *payload, gsize size);
void peer_send_call(Fixture *fixture, guint32 serial);
void peer_send_fds(Fixture *fixture, const int *fds, guint n_fds);

/* The next message for the peer, waited for; and whether there is one now. */
RpcMessage *peer_receive(Fixture *fixture);
RpcMessage *peer_try_receive(Fixture *fixture);

/* Is the peer's end told that the connection is closed (after all that is
 * there to read)? */
bool peer_sees_end(Fixture *fixture);
/* Without a reset of the connection? */
bool peer_sees_clean_end(Fixture *fixture);

/* Descriptors that this process has open. */
guint count_open_fds(void);

/* An encoder of errors that gives the message's bytes. */
GBytes *fixture_encode_error(const GError *error, gpointer user_data);

/* The next message for the peer is that. */
void peer_expect_reply(Fixture *fixture, guint32 serial, guint32 status);
void peer_expect_keepalive(Fixture *fixture, guint32 procedure);
void peer_ping(Fixture *fixture);

/* Answers the oldest call that waits. */
void fixture_answer_oldest(Fixture *fixture);
/* The connection works: a call is answered. */
void fixture_assert_alive(Fixture *fixture);

typedef struct {
    const char *path;
    GTestFunc function;
} FixtureTest;

/* main() of a test of clients: runs @n tests, whose paths go on after @prefix. */
int fixture_run(int argc, char **argv, const char *prefix, const FixtureTest *tests, gsize n);
