/* A host for tests of one channel: its store is a record of what was written, its
 * guest a page of memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/host.h"
#include "channel/ring.h"

typedef struct {
    ChannelHost base; /* first */
    guint8 page[RING_PAGE_SIZE];
    GString *log; /* what the channel did: "map bind state=4 notify ..." */
    bool fail_map;
    char *tty;
    char *error;
    guint maps;
    guint binds;
    guint notifications;
    guint unmasks;
    bool masked;
    bool pending; /* an event came while it was masked */
    void (*func)(gpointer user_data);
    gpointer user_data;
} FakeHost;

FakeHost *fake_host_new(void);
void fake_host_free(FakeHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeHost, fake_host_free)

/* The guest sends an event. */
void fake_host_send_event(FakeHost *host);

/* What has been logged since the last call; a new string. */
char *fake_host_take_log(FakeHost *host);
