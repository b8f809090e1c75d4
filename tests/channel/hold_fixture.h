/* A hold between a guest, which is a page of memory, and an endpoint that is the
 * test itself. Both directions carry the bytes of stream.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "channel/hold.h"

#define HOLD_TEST_SIZE 4096 /* of both queues */
#define HOLD_TEST_REF  17
#define HOLD_TEST_PORT 5

typedef struct {
    char *directory, *path;
    Hold *hold;
    bool resumed;
    void *page; /* shared with processes that are forked */
    Ring ring;  /* the backend's end */
    Ring guest; /* the other end */

    guint32 in_produced; /* positions in the stream to the guest */
    guint32 in_read;
    gsize in_waiting;    /* in hold and ring */
    guint32 out_written; /* positions in the stream from the guest */
    guint32 out_consumed;
} HoldFixture;

/* Warnings are kept for hold_fixture_assert_warned(); one that nobody asks for is
 * an error at the end of the test. */
void hold_fixture_catch_warnings(void);
void hold_fixture_assert_warned(HoldFixture *f, const char *part);

/* With a ring connected. */
void hold_fixture_set_up(HoldFixture *f, gconstpointer unused);
void hold_fixture_tear_down(HoldFixture *f, gconstpointer unused);

/* Opens the file; connects nothing. */
void hold_fixture_open(HoldFixture *f);
/* What is there can't be opened, and the message has @part. NULL: removes it. */
void hold_fixture_refuses(HoldFixture *f, const char *part);
/* Both ends as the page says; returns hold_connect()'s answer. */
bool hold_fixture_connect(HoldFixture *f, guint32 ring_ref, guint32 port);
/* The next process: opens the file, and the ring that is there. */
bool hold_fixture_reopen(HoldFixture *f);
/* A new file of other sizes, and a new ring. */
void hold_fixture_reopen_new(HoldFixture *f, gsize in_size, gsize out_size);

/* The endpoint's side: as much as there is room for, or bytes of, at most @size.
 * What comes is checked. Return how many. */
gsize hold_fixture_produce_in(HoldFixture *f, gsize size);
gsize hold_fixture_consume_out(HoldFixture *f, gsize size);

/* The guest's side: as much as the ring takes, or has. */
gssize hold_fixture_write_guest(HoldFixture *f, gsize size);
gssize hold_fixture_read_guest(HoldFixture *f, gsize size);

/* From the guest until OUT is full, at most @size. */
void hold_fixture_fill_out(HoldFixture *f, gsize size);
/* To the guest until IN is empty, at most @size. */
void hold_fixture_drain_in(HoldFixture *f, gsize size);
/* All that has been sent arrives, both ways. */
void hold_fixture_drain_all(HoldFixture *f);

/* Checks bytes that begin at @position of the stream from the guest; returns how
 * many they are. */
gsize hold_fixture_check_iov(const struct iovec *iov, int n_iov, guint32 position);
