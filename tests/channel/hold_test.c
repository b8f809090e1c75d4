/* What is held for a channel, in a file that outlives the process.
 *
 * Both directions carry a stream whose byte at each position is known, so that a
 * byte that is lost, doubled or out of its place shows as a wrong one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/hold.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/io/console.h>

#include "hold_fixture.h"

enum {
    SIZE = HOLD_TEST_SIZE,
    BIG_SIZE = 1024 * 1024,
};

static void
test_a_new_one_is_empty(HoldFixture *f, gconstpointer unused)
{
    struct iovec iov[2];

    g_assert_false(f->resumed);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_IN), ==, 0);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_OUT), ==, 0);
    g_assert_cmpuint(hold_get_room(f->hold, HOLD_IN), ==, SIZE);
    g_assert_cmpuint(hold_get_room(f->hold, HOLD_OUT), ==, SIZE);
    g_assert_cmpint(hold_get_out_bytes(f->hold, iov), ==, 0);
}

/* Fills to @level, and empties, at each place where the queue can wrap. */
static void
test_in_wraps_anywhere(HoldFixture *f, gconstpointer unused)
{
    for (gsize step = 1; step < SIZE; step += 111) {
        hold_fixture_produce_in(f, SIZE);
        g_assert_cmpuint(hold_get_room(f->hold, HOLD_IN), ==, 0);
        hold_fixture_drain_in(f, step);
        hold_fixture_produce_in(f, step / 2);
    }
    hold_fixture_drain_in(f, G_MAXSIZE);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_IN), ==, 0);
}

static void
test_out_wraps_anywhere(HoldFixture *f, gconstpointer unused)
{
    for (gsize step = 1; step < SIZE; step += 111) {
        hold_fixture_fill_out(f, G_MAXSIZE);
        g_assert_cmpuint(hold_get_room(f->hold, HOLD_OUT), ==, 0);
        hold_fixture_consume_out(f, step);
        hold_fixture_fill_out(f, step / 2);
    }
    hold_fixture_consume_out(f, G_MAXSIZE);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_OUT), ==, 0);
}

static void
test_a_full_queue_takes_nothing(HoldFixture *f, gconstpointer unused)
{
    struct iovec iov[2];

    hold_fixture_fill_out(f, G_MAXSIZE);
    hold_fixture_produce_in(f, SIZE);
    g_assert_cmpint(hold_get_in_room(f->hold, iov), ==, 0);
    g_assert_cmpint(hold_fixture_write_guest(f, 10), ==, 10);
    g_assert_cmpint(hold_move_out(f->hold, &f->ring, RING_OUT_SIZE), ==, 0);
    hold_fixture_consume_out(f, 3);
    g_assert_cmpint(hold_move_out(f->hold, &f->ring, RING_OUT_SIZE), ==, 3);
}

static void
test_no_more_than_the_limit_is_moved(HoldFixture *f, gconstpointer unused)
{
    g_assert_cmpint(hold_fixture_write_guest(f, 100), ==, 100);
    g_assert_cmpint(hold_move_out(f->hold, &f->ring, 0), ==, 0);
    g_assert_cmpint(hold_move_out(f->hold, &f->ring, 30), ==, 30);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_OUT), ==, 30);
    hold_fixture_consume_out(f, 30);
    g_assert_cmpint(hold_move_out(f->hold, &f->ring, RING_OUT_SIZE), ==, 70);
    hold_fixture_consume_out(f, 70);
}

static void
test_the_newest_are_what_was_just_moved(HoldFixture *f, gconstpointer unused)
{
    for (int i = 0; i < 50; i++) {
        guint32 from = f->out_written;
        gsize size = (gsize)hold_fixture_write_guest(f, 333);
        struct iovec iov[2];
        int n;

        g_assert_cmpint(hold_move_out(f->hold, &f->ring, RING_OUT_SIZE), ==, size);
        n = hold_get_newest_out(f->hold, size, iov);
        g_assert_cmpuint(hold_fixture_check_iov(iov, n, from), ==, size);
        hold_fixture_consume_out(f, 300);
        if (hold_get_used(f->hold, HOLD_OUT) > SIZE - 333)
            hold_fixture_consume_out(f, G_MAXSIZE);
    }
}

/* A queue of many chunks, filled and emptied bit by bit. */
static void
test_a_big_queue_grows_and_shrinks(HoldFixture *f, gconstpointer unused)
{
    struct stat before, full, after;

    hold_fixture_reopen_new(f, BIG_SIZE, BIG_SIZE);
    g_assert_cmpint(g_stat(f->path, &before), ==, 0);
    hold_fixture_fill_out(f, G_MAXSIZE);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_OUT), ==, BIG_SIZE);
    g_assert_cmpint(g_stat(f->path, &full), ==, 0);
    g_assert_cmpint(full.st_blocks * 512, >=, BIG_SIZE);
    hold_fixture_consume_out(f, G_MAXSIZE);
    hold_fixture_fill_out(f, 5000);
    g_assert_cmpint(g_stat(f->path, &after), ==, 0);
    g_assert_cmpint(after.st_blocks * 512, <, BIG_SIZE / 4);
    hold_fixture_consume_out(f, G_MAXSIZE);
    for (int i = 0; i < 40; i++) {
        hold_fixture_produce_in(f, BIG_SIZE / 8);
        hold_fixture_drain_in(f, BIG_SIZE / 9);
    }
    hold_fixture_drain_in(f, G_MAXSIZE);
}

static void
test_what_is_held_is_there_again(HoldFixture *f, gconstpointer unused)
{
    for (int i = 0; i < 60; i++) {
        hold_fixture_produce_in(f, 700);
        hold_fixture_write_guest(f, 900);
        hold_move_out(f->hold, &f->ring, RING_OUT_SIZE);
        hold_move_in(f->hold, &f->ring);
        if (i % 3 == 0)
            hold_disconnect(f->hold);
        g_assert_cmpint(hold_fixture_reopen(f), ==, i % 3 != 0);
        g_assert_true(f->resumed);
        hold_fixture_consume_out(f, 800);
        hold_fixture_drain_in(f, 600);
    }
    hold_fixture_drain_all(f);
}

static void
test_sizes_are_kept(HoldFixture *f, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    hold_fixture_produce_in(f, 100);
    hold_close(f->hold);
    f->hold = hold_open(f->path, BIG_SIZE, 2 * BIG_SIZE, &f->resumed, &error);
    g_assert_no_error(error);
    g_assert_true(f->resumed);
    g_assert_cmpuint(hold_get_room(f->hold, HOLD_IN), ==, SIZE - 100);
    g_assert_cmpuint(hold_get_room(f->hold, HOLD_OUT), ==, SIZE);
}

static void
test_a_removed_one_is_gone(HoldFixture *f, gconstpointer unused)
{
    hold_remove(f->hold);
    g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
    f->hold = NULL;
}

/* --- a file system that is full ------------------------------------------------ */

/* Mounts a file system of @size over the test's directory, which only this process
 * sees. */
static bool
mount_small(HoldFixture *f, const char *options)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("virtxl-hold", f->directory, "tmpfs", 0, options) == 0;
}

/* For others; pages that a queue has in any case may have come out of it. */
static void
assert_a_part_is_left(const HoldFixture *f)
{
    struct statvfs info;

    g_assert_cmpint(statvfs(f->directory, &info), ==, 0);
    g_assert_cmpuint(info.f_bavail, >=, info.f_blocks / 4 - 2);
}

/* Much less memory than the queues' sizes: what there is can be used again and again,
 * both ways, and nothing is lost. */
static void
use_what_there_is(HoldFixture *f)
{
    hold_fixture_reopen_new(f, BIG_SIZE, BIG_SIZE);
    for (int i = 0; i < 20; i++) {
        gsize held, produced;

        do {
            hold_fixture_write_guest(f, 1000);
            held = hold_get_used(f->hold, HOLD_OUT);
        } while (hold_move_out(f->hold, &f->ring, RING_OUT_SIZE) > 0);
        g_assert_cmpuint(held, <, 100 * 1024);
        assert_a_part_is_left(f);
        produced = hold_fixture_produce_in(f, BIG_SIZE);
        g_assert_cmpuint(produced, >, 0);
        g_assert_cmpuint(produced, <, 100 * 1024);
        assert_a_part_is_left(f);
        if (i % 5 == 0)
            hold_fixture_reopen(f);
        hold_fixture_drain_all(f);
    }
}

/* A process of its own, as the file system's user: 0 is success. */
static void
test_a_full_file_system_is_no_room(HoldFixture *f, gconstpointer unused)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (!mount_small(f, "size=100k"))
            _exit(77);
        use_what_there_is(f);
        hold_close(f->hold);
        _exit(0);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        g_test_skip("only root may mount");
    else
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

/* --- another ring, and nonsense in the one that was there --------------------- */

/* A guest whose driver begins anew: what is held goes to it, in order. */
static void
test_another_ring_goes_on_with_what_is_held(HoldFixture *f, gconstpointer unused)
{
    hold_fixture_produce_in(f, 3000);
    hold_move_in(f->hold, &f->ring);
    hold_fixture_write_guest(f, 500);
    hold_move_out(f->hold, &f->ring, RING_OUT_SIZE);
    /* what was in the old ring has gone with it */
    f->in_read += RING_IN_SIZE;
    f->in_waiting -= RING_IN_SIZE;
    memset(f->page, 0, RING_PAGE_SIZE);
    g_assert_false(hold_fixture_connect(f, HOLD_TEST_REF + 1, HOLD_TEST_PORT));
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_IN), ==, 3000 - RING_IN_SIZE);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_OUT), ==, 500);
    hold_fixture_drain_all(f);
}

/* After a restart the guest's page says @in_prod and @out_cons, that much further
 * than what was last seen. @believed: it can be true. */
static void
check_moved_while_away(HoldFixture *f, guint32 in, guint32 out, bool believed)
{
    gsize in_used = hold_get_used(f->hold, HOLD_IN);
    gsize out_used = hold_get_used(f->hold, HOLD_OUT);
    struct xencons_interface *page = f->page;
    struct xencons_interface saved = *page;

    page->in_prod += in;
    page->in_cons = page->in_prod;
    page->out_cons += out;
    page->out_prod = page->out_cons;
    g_assert_cmpint(hold_fixture_reopen(f), ==, believed);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_IN), ==, in_used - (believed ? in : 0));
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_OUT), ==, out_used + (believed ? out : 0));

    *page = saved;
    f->hold = (hold_close(f->hold), NULL);
}

static const guint32 nonsense[] = {
    RING_OUT_SIZE + 1, 4096, 5000, 1u << 16, G_MAXINT32, 1u << 31, 0u - RING_OUT_SIZE, 0u - 1,
};

static void
test_nonsense_on_the_page_changes_nothing(HoldFixture *f, gconstpointer unused)
{
    g_autofree char *file = NULL;
    gsize length;

    hold_fixture_fill_out(f, 3000);
    hold_fixture_produce_in(f, 2000);
    g_assert_true(g_file_get_contents(f->path, &file, &length, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(nonsense); i++) {
        check_moved_while_away(f, nonsense[i], 0, false);
        g_assert_true(g_file_set_contents(f->path, file, (gssize)length, NULL));
        hold_fixture_open(f);
        check_moved_while_away(f, 0, nonsense[i], false);
        g_assert_true(g_file_set_contents(f->path, file, (gssize)length, NULL));
        hold_fixture_open(f);
    }
    check_moved_while_away(f, 1024, 1096, true);
    hold_fixture_open(f);
}

/* More than what is held for the guest, or than there was room for. */
static void
test_more_than_there_was_is_not_believed(HoldFixture *f, gconstpointer unused)
{
    hold_fixture_produce_in(f, 10);
    hold_fixture_fill_out(f, SIZE - 10);
    check_moved_while_away(f, 11, 0, false);
    hold_fixture_open(f);
    check_moved_while_away(f, 0, 11, false);
    hold_fixture_open(f);
}

static void
test_impossible_indices_move_nothing(HoldFixture *f, gconstpointer unused)
{
    struct xencons_interface *page = f->page;

    hold_fixture_produce_in(f, 100);
    page->out_prod = RING_OUT_SIZE + 1;
    g_assert_cmpint(hold_move_out(f->hold, &f->ring, RING_OUT_SIZE), ==, -1);
    page->in_cons = 1;
    g_assert_cmpint(hold_move_in(f->hold, &f->ring), ==, -1);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_IN), ==, 100);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_OUT), ==, 0);
}

/* --- nonsense in the file ------------------------------------------------------ */

static void
assert_replaced(HoldFixture *f)
{
    hold_fixture_open(f);
    g_assert_false(f->resumed);
    hold_fixture_assert_warned(f, "makes no sense");
    g_assert_cmpuint(hold_get_room(f->hold, HOLD_IN), ==, SIZE);
    g_assert_cmpuint(hold_get_room(f->hold, HOLD_OUT), ==, SIZE);
}

static void
test_a_file_of_another_length_is_replaced(HoldFixture *f, gconstpointer unused)
{
    static const int lengths[] = {
        1, 8, 60, 4095, 4096, 4096 + SIZE, 4096 + 2 * SIZE - 1, 4096 + 2 * SIZE + 1};

    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        hold_close(f->hold);
        g_assert_cmpint(truncate(f->path, lengths[i]), ==, 0);
        assert_replaced(f);
    }
    hold_close(f->hold);
    g_assert_cmpint(truncate(f->path, 0), ==, 0);
    hold_fixture_open(f);
    g_assert_false(f->resumed);
}

static void
test_what_is_no_file_is_refused(HoldFixture *f, gconstpointer unused)
{
    g_autofree char *other = g_strconcat(f->path, ".other", NULL);

    hold_fixture_refuses(f, NULL);
    g_assert_cmpint(g_mkdir(f->path, 0700), ==, 0);
    hold_fixture_refuses(f, "Is a directory");
    g_assert_cmpint(g_rmdir(f->path), ==, 0);
    g_assert_cmpint(mkfifo(f->path, 0600), ==, 0);
    hold_fixture_refuses(f, "Invalid argument");
    g_assert_cmpint(g_unlink(f->path), ==, 0);
    g_assert_cmpint(symlink(other, f->path), ==, 0);
    hold_fixture_refuses(f, "symbolic links");
    g_assert_false(g_file_test(other, G_FILE_TEST_EXISTS));
}

/* Uses both queues to their full extent. */
static void
exercise(HoldFixture *f)
{
    struct iovec iov[2];
    int n;

    memset(f->page, 0, RING_PAGE_SIZE);
    g_assert_true(ring_open(&f->ring, RING_BACKEND, f->page));
    g_assert_true(ring_open(&f->guest, RING_FRONTEND, f->page));
    hold_connect(f->hold, &f->ring, 1, 2);
    for (int i = 0; i < 8; i++) {
        n = hold_get_in_room(f->hold, iov);
        for (int j = 0; j < n; j++) {
            memset(iov[j].iov_base, 'i', iov[j].iov_len);
            hold_produce_in(f->hold, iov[j].iov_len);
        }
        g_assert_cmpint(hold_move_in(f->hold, &f->ring), >=, 0);
        ring_consume(&f->guest, (gsize)ring_get_readable(&f->guest));
        hold_fixture_write_guest(f, RING_OUT_SIZE);
        g_assert_cmpint(hold_move_out(f->hold, &f->ring, RING_OUT_SIZE), >=, 0);
        if (i % 4 == 3)
            hold_consume_out(f->hold, hold_get_used(f->hold, HOLD_OUT));
        g_assert_cmpuint(hold_get_used(f->hold, HOLD_OUT) + hold_get_room(f->hold, HOLD_OUT), ==,
                         SIZE);
        g_assert_cmpuint(hold_get_used(f->hold, HOLD_IN) + hold_get_room(f->hold, HOLD_IN), ==,
                         SIZE);
    }
}

static void
test_no_byte_of_the_header_does_harm(HoldFixture *f, gconstpointer unused)
{
    static const guint8 values[] = {0, 1, 0x10, 0x40, 0x7f, 0x80, 0xff};
    g_autofree char *file = NULL;
    gsize length;

    hold_fixture_fill_out(f, 3000);
    hold_fixture_produce_in(f, 2000);
    g_assert_true(g_file_get_contents(f->path, &file, &length, NULL));
    for (gsize place = 0; place < 96; place++) {
        for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
            char saved = file[place];

            hold_close(f->hold);
            file[place] = (char)values[i];
            g_assert_true(g_file_set_contents(f->path, file, (gssize)length, NULL));
            file[place] = saved;
            hold_fixture_open(f);
            if (!f->resumed)
                hold_fixture_assert_warned(f, "makes no sense");
            exercise(f);
        }
    }
}

#define TEST(name, func)                                                                           \
    g_test_add("/hold/" name, HoldFixture, NULL, hold_fixture_set_up, func, hold_fixture_tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    hold_fixture_catch_warnings();
    TEST("a-new-one-is-empty", test_a_new_one_is_empty);
    TEST("in-wraps-anywhere", test_in_wraps_anywhere);
    TEST("out-wraps-anywhere", test_out_wraps_anywhere);
    TEST("a-full-queue-takes-nothing", test_a_full_queue_takes_nothing);
    TEST("no-more-than-the-limit-is-moved", test_no_more_than_the_limit_is_moved);
    TEST("the-newest-are-what-was-just-moved", test_the_newest_are_what_was_just_moved);
    TEST("a-big-queue-grows-and-shrinks", test_a_big_queue_grows_and_shrinks);
    TEST("what-is-held-is-there-again", test_what_is_held_is_there_again);
    TEST("sizes-are-kept", test_sizes_are_kept);
    TEST("a-removed-one-is-gone", test_a_removed_one_is_gone);
    TEST("a-full-file-system-is-no-room", test_a_full_file_system_is_no_room);
    TEST("another-ring-goes-on-with-what-is-held", test_another_ring_goes_on_with_what_is_held);
    TEST("nonsense-on-the-page-changes-nothing", test_nonsense_on_the_page_changes_nothing);
    TEST("more-than-there-was-is-not-believed", test_more_than_there_was_is_not_believed);
    TEST("impossible-indices-move-nothing", test_impossible_indices_move_nothing);
    TEST("a-file-of-another-length-is-replaced", test_a_file_of_another_length_is_replaced);
    TEST("what-is-no-file-is-refused", test_what_is_no_file_is_refused);
    TEST("no-byte-of-the-header-does-harm", test_no_byte_of_the_header_does_harm);
    return g_test_run();
}
