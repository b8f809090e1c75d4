/* An endpoint with its caller's side, for tests: what was told, and buffers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <netinet/in.h>

#include "channel/endpoint.h"

/* How long something may take that should happen at once. */
#define PATIENCE_S 60

/* The id of the channels of tests. */
#define CHANNEL_ID "11111111-2222-3333-4444-555555555555"

typedef struct {
    char *directory; /* temporary */
    char *path;      /* in it */
    ChannelSource source;
    FdStore *fd_store;
    Endpoint *endpoint;
    guint changes;
    GByteArray *input;  /* all that was read */
    gsize input_limit;  /* no more than so many bytes are read */
    GByteArray *output; /* is written by and by */
} Stage;

/* g_test_init(), and warnings are kept for stage_expect_warning(): one that a test does not
 * expect fails it. */
void fixture_init(int *argc, char ***argv);

/* A source of @type with the path of the stage, and nothing opened. */
Stage *stage_new(ChannelSourceType type);
/* Frees the endpoint, if it is still there, and removes the directory. */
void stage_free(Stage *stage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

/* Opens the endpoint, which must work; or must not, and then returns the message. */
void stage_open(Stage *stage);
void stage_open_resumed(Stage *stage);
char *stage_open_in_vain(Stage *stage);

/* Of the file at the stage's path. */
void stage_expect_content(const Stage *stage, const char *content);

/* Adds to what is to be written. */
void stage_send(Stage *stage, const void *data, gsize size);

/* Turns the main loop until @condition is true of @stage, or fails the test. */
void stage_wait(Stage *stage, bool (*condition)(const Stage *stage));
bool stage_is_connected(const Stage *stage);
bool stage_is_unconnected(const Stage *stage);
bool stage_has_sent(const Stage *stage);
/* Until as much as @text has been read; then compares all that was read with it. */
void stage_expect_input(Stage *stage, const char *text);
void stage_wait_input(Stage *stage, gsize size);
/* Until there was a warning with @text in it, the first since the one expected before. */
void stage_expect_warning(const char *text);
/* Turns the main loop for a while. */
void stage_rest(guint ms);

/* Counts what the main loop does in a fifth of a second: idle means next to nothing. */
guint stage_count_turns(void);

/* Clients of a stage's socket; blocking. */
int client_connect_unix(const char *path);
int client_listen_unix(const char *path);
int client_accept(int listener);
int client_connect_tcp(guint16 port);
struct sockaddr_in client_get_loopback(guint16 port);
/* A port of this machine at which nobody listens. */
guint16 client_find_port(int type);
void client_send(int fd, const char *text);
/* Reads as much as @text while the main loop turns, and compares. */
void client_expect(Stage *stage, int fd, const char *text);
/* Waits for the end of what comes. */
void client_expect_end(Stage *stage, int fd);
