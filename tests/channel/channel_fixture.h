/* One channel between a guest that is a page of memory and a client on a socket.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/channel.h"
#include "fake_host.h"
#include "util/channel_source.h"

#define HOLD_SIZE 4096 /* each way */

typedef struct {
    FakeHost *host;
    FdStore *fd_store;
    char *directory;
    char *socket; /* a path in it: of the socket, or of a file */
    ChannelContext context;
    ChannelSource *source; /* a socket to bind to, if the test changes nothing */
    ChannelView view;
    Channel *channel;
    Ring guest; /* the other side of the ring */
    bool ended;
} ChannelFixture;

typedef struct {
    const char *path;
    void (*func)(ChannelFixture *f, gconstpointer unused);
} ChannelFixtureTest;

/* main() of a test: runs @n tests, each with a fixture of its own. */
int channel_fixture_run(int argc, char **argv, const ChannelFixtureTest *tests, gsize n);

/* All warnings so far, of which one has @part. One that no test asks for is an error. */
void channel_fixture_assert_warned(const char *part);
/* How many lines of warnings there are. */
guint channel_fixture_count_warnings(void);

/* The channel begins; its guest's driver takes it up; both. */
void channel_fixture_begin(ChannelFixture *f);
void channel_fixture_frontend_goes_to(ChannelFixture *f, int state);
void channel_fixture_begin_connected(ChannelFixture *f);

/* It ends; f->ended is set when it has. */
void channel_fixture_end(ChannelFixture *f);

/* What it has done with its host since the last call, in fake_host.h's words. */
void channel_fixture_assert_log(ChannelFixture *f, const char *expected);

/* The main loop does what is due, or goes on for so long. */
void channel_fixture_iterate(void);
void channel_fixture_wait_ms(guint ms);

/* Both ends. What is heard is what is there without waiting, a new string. */
int channel_fixture_connect_client(ChannelFixture *f);
void channel_fixture_client_says(int fd, const char *text);
char *channel_fixture_client_hears(int fd);
void channel_fixture_guest_says(ChannelFixture *f, const char *text);
char *channel_fixture_guest_hears(ChannelFixture *f);
void channel_fixture_assert_client_hears(int fd, const char *expected);
/* One that connects for it, and leaves. */
void channel_fixture_assert_new_client_hears(ChannelFixture *f, const char *expected);
void channel_fixture_assert_guest_hears(ChannelFixture *f, const char *expected);
