/* The ring of a console, both ends of it on one page. "to the guest" is the queue
 * that the backend writes, "from the guest" the one that the frontend writes; most
 * tests run over both.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/ring.h"

#include <stdint.h>
#include <string.h>
#include <xen/io/console.h>

#include "stream.h"

/* Around the page lie bytes that nobody may touch. */
enum {
    GUARD_SIZE = 256,
    GUARD = 0xa5,
    THREAD_BYTES = 8 * 1024 * 1024,
};

typedef struct {
    guint8 *memory;
    struct xencons_interface *page;
    Ring writer, reader;
    gsize size;         /* of the queue from writer to reader */
    guint32 *prod;      /* where writer shows what it produced */
    guint32 *cons;      /* where reader shows what it consumed */
    guint32 *idle_prod; /* the same of the other queue */
    guint32 *idle_cons;
} Fixture;

/* @to_guest: which queue. Both indices of it begin at @start. */
static void
set_up_at(Fixture *f, bool to_guest, guint32 start)
{
    f->memory = g_malloc(GUARD_SIZE + RING_PAGE_SIZE + GUARD_SIZE);
    memset(f->memory, GUARD, GUARD_SIZE + RING_PAGE_SIZE + GUARD_SIZE);
    f->page = (void *)(f->memory + GUARD_SIZE);
    *f->page = (struct xencons_interface){0};
    f->size = to_guest ? RING_IN_SIZE : RING_OUT_SIZE;
    f->prod = to_guest ? &f->page->in_prod : &f->page->out_prod;
    f->cons = to_guest ? &f->page->in_cons : &f->page->out_cons;
    f->idle_prod = to_guest ? &f->page->out_prod : &f->page->in_prod;
    f->idle_cons = to_guest ? &f->page->out_cons : &f->page->in_cons;
    *f->prod = *f->cons = start;
    g_assert_true(ring_open(&f->writer, to_guest ? RING_BACKEND : RING_FRONTEND, f->page));
    g_assert_true(ring_open(&f->reader, to_guest ? RING_FRONTEND : RING_BACKEND, f->page));
}

static void
set_up(Fixture *f, gconstpointer to_guest)
{
    set_up_at(f, GPOINTER_TO_INT(to_guest), 0);
}

static void
tear_down(Fixture *f, gconstpointer unused)
{
    guint8 *after = f->memory + GUARD_SIZE + sizeof(*f->page);

    for (int i = 0; i < GUARD_SIZE; i++)
        g_assert_cmpint(f->memory[i], ==, GUARD);
    for (gsize i = 0; i < GUARD_SIZE + RING_PAGE_SIZE - sizeof(*f->page); i++)
        g_assert_cmpint(after[i], ==, GUARD);
    g_free(f->memory);
}

static gssize
write_bytes(Ring *ring, guint32 position, gsize size)
{
    guint8 bytes[2 * RING_OUT_SIZE];
    struct iovec iov = {bytes, size};

    stream_fill(bytes, position, size);
    return ring_write(ring, &iov, 1);
}

/* Reads at most @size bytes and checks that they are those of @position on. */
static gssize
read_bytes(Ring *ring, guint32 position, gsize size)
{
    guint8 bytes[2 * RING_OUT_SIZE];
    struct iovec iov = {bytes, size};
    gssize got = ring_peek(ring, &iov, 1);

    if (got > 0) {
        stream_check(bytes, position, (gsize)got);
        ring_consume(ring, (gsize)got);
    }
    return got;
}

static void
test_a_new_page_is_empty(void)
{
    g_autofree void *page = g_malloc0(RING_PAGE_SIZE);
    Ring backend, frontend;

    g_assert_true(ring_open(&backend, RING_BACKEND, page));
    g_assert_true(ring_open(&frontend, RING_FRONTEND, page));
    g_assert_cmpint(ring_get_readable(&backend), ==, 0);
    g_assert_cmpint(ring_get_writable(&backend), ==, RING_IN_SIZE);
    g_assert_cmpint(ring_get_readable(&frontend), ==, 0);
    g_assert_cmpint(ring_get_writable(&frontend), ==, RING_OUT_SIZE);
}

/* Where Xen's header wants the bytes and the indices, in numbers. */
static void
test_the_layout_is_xens(void)
{
    guint32 page[RING_PAGE_SIZE / 4] = {0};
    struct iovec iov = {(char[]){'x', 'y'}, 2};
    Ring ring;

    g_assert_true(ring_open(&ring, RING_BACKEND, page));
    g_assert_cmpint(ring_write(&ring, &iov, 1), ==, 2);
    g_assert_cmpmem(page, 2, "xy", 2);
    g_assert_cmpuint(page[3072 / 4], ==, 0);
    g_assert_cmpuint(page[3076 / 4], ==, 2);

    g_assert_true(ring_open(&ring, RING_FRONTEND, page));
    g_assert_cmpint(ring_write(&ring, &iov, 1), ==, 2);
    g_assert_cmpmem(page + 1024 / 4, 2, "xy", 2);
    ring_consume(&ring, 1);
    g_assert_cmpuint(page[3072 / 4], ==, 1);
    g_assert_cmpuint(page[3080 / 4], ==, 0);
    g_assert_cmpuint(page[3084 / 4], ==, 2);
}

/* Writes @level bytes into an empty queue whose indices are @start. */
static void
check_fill_level(bool to_guest, guint32 start, gsize level)
{
    Fixture f;

    set_up_at(&f, to_guest, start);
    g_assert_cmpint(write_bytes(&f.writer, start, level), ==, level);
    g_assert_cmpint(ring_get_readable(&f.reader), ==, level);
    g_assert_cmpint(ring_get_writable(&f.writer), ==, f.size - level);
    g_assert_cmpuint(*f.prod, ==, (guint32)(start + level));
    g_assert_cmpuint(*f.cons, ==, start);
    g_assert_cmpint(read_bytes(&f.reader, start, 2 * RING_OUT_SIZE), ==, level);
    g_assert_cmpuint(*f.cons, ==, (guint32)(start + level));
    g_assert_cmpint(ring_get_readable(&f.reader), ==, 0);
    g_assert_cmpint(ring_get_writable(&f.writer), ==, f.size);
    tear_down(&f, NULL);
}

static void
test_every_fill_level(gconstpointer to_guest)
{
    gsize size = GPOINTER_TO_INT(to_guest) ? RING_IN_SIZE : RING_OUT_SIZE;

    for (gsize level = 0; level <= size; level++)
        check_fill_level(GPOINTER_TO_INT(to_guest), 0, level);
}

static void
test_every_wrap(gconstpointer to_guest)
{
    gsize size = GPOINTER_TO_INT(to_guest) ? RING_IN_SIZE : RING_OUT_SIZE;

    for (guint32 start = 0; start < size; start++) {
        check_fill_level(GPOINTER_TO_INT(to_guest), start, size);
        check_fill_level(GPOINTER_TO_INT(to_guest), start, size - start);
        check_fill_level(GPOINTER_TO_INT(to_guest), start, MIN(size - start + 1, size));
    }
}

static void
test_indices_wrap(gconstpointer to_guest)
{
    guint32 size = GPOINTER_TO_INT(to_guest) ? RING_IN_SIZE : RING_OUT_SIZE;

    for (guint32 before = 0; before <= size; before++)
        check_fill_level(GPOINTER_TO_INT(to_guest), 0u - before, size);
}

static void
test_a_full_queue_takes_no_more(Fixture *f, gconstpointer unused)
{
    g_assert_cmpint(write_bytes(&f->writer, 0, f->size + 1), ==, f->size);
    g_assert_cmpint(write_bytes(&f->writer, 0, 1), ==, 0);
    g_assert_cmpint(read_bytes(&f->reader, 0, 1), ==, 1);
    g_assert_cmpint(write_bytes(&f->writer, (guint32)f->size, 2), ==, 1);
    g_assert_cmpint(read_bytes(&f->reader, 1, 2 * f->size), ==, f->size);
}

static void
test_what_is_peeked_at_stays(Fixture *f, gconstpointer unused)
{
    guint8 bytes[16];
    struct iovec iov = {bytes, sizeof(bytes)};

    g_assert_cmpint(write_bytes(&f->writer, 0, 10), ==, 10);
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(ring_peek(&f->reader, &iov, 1), ==, 10);
        stream_check(bytes, 0, 10);
    }
    ring_consume(&f->reader, 4);
    g_assert_cmpint(ring_peek(&f->reader, &iov, 1), ==, 6);
    stream_check(bytes, 4, 6);
    g_assert_cmpint(ring_get_writable(&f->writer), ==, f->size - 6);
}

/* Three parts: up to @split, none, the rest. They cross the end of the queue. */
static void
check_split(Fixture *f, gsize split)
{
    guint8 bytes[RING_OUT_SIZE], out[RING_OUT_SIZE] = {0};
    gsize size = f->size;
    guint32 start = *f->prod;
    struct iovec in_iov[] = {{bytes, split}, {NULL, 0}, {bytes + split, size - split}};
    struct iovec out_iov[] = {{out, size - split}, {NULL, 0}, {out + size - split, split}};

    stream_fill(bytes, start, size);
    g_assert_cmpint(ring_write(&f->writer, in_iov, 3), ==, size);
    g_assert_cmpint(ring_peek(&f->reader, out_iov, 3), ==, size);
    stream_check(out, start, size);
    ring_consume(&f->reader, size);
}

static void
test_vectors_split_anywhere(Fixture *f, gconstpointer unused)
{
    g_assert_cmpint(write_bytes(&f->writer, 0, 333), ==, 333);
    g_assert_cmpint(read_bytes(&f->reader, 0, 333), ==, 333);
    for (gsize split = 0; split <= f->size; split++)
        check_split(f, split);
}

static void
test_room_ends_within_a_vector(Fixture *f, gconstpointer unused)
{
    guint8 bytes[RING_OUT_SIZE];
    struct iovec iov[] = {{bytes, 7}, {bytes + 7, 8}, {bytes + 15, 9}};

    g_assert_cmpint(write_bytes(&f->writer, 0, f->size - 10), ==, f->size - 10);
    stream_fill(bytes, (guint32)f->size - 10, 24);
    g_assert_cmpint(ring_write(&f->writer, iov, 3), ==, 10);
    g_assert_cmpint(read_bytes(&f->reader, 0, 2 * f->size), ==, f->size);
}

static void
test_random_sizes_both_ways(Fixture *f, gconstpointer unused)
{
    guint32 written = 0, read = 0, back_written = 0, back_read = 0;

    for (int i = 0; i < 20000; i++) {
        gsize size = (gsize)g_test_rand_int_range(0, 2 * RING_OUT_SIZE);

        switch (g_test_rand_int_range(0, 4)) {
        case 0:
            written += (guint32)write_bytes(&f->writer, written, size);
            break;
        case 1:
            read += (guint32)read_bytes(&f->reader, read, size);
            break;
        case 2:
            back_written += (guint32)write_bytes(&f->reader, ~back_written, MIN(size, 1));
            break;
        default:
            back_read += (guint32)read_bytes(&f->writer, ~back_read, 1);
        }
        g_assert_cmpint(ring_get_readable(&f->reader), ==, written - read);
        g_assert_cmpint(ring_get_readable(&f->writer), ==, back_written - back_read);
    }
    g_assert_cmpuint(written, >, 10 * f->size);
}

/* An end that opens the ring anew goes on where the one before it stopped. */
static void
test_reopened_ends_go_on(Fixture *f, gconstpointer unused)
{
    g_assert_cmpint(write_bytes(&f->writer, 0, 100), ==, 100);
    g_assert_cmpint(read_bytes(&f->reader, 0, 30), ==, 30);
    g_assert_true(ring_open(&f->writer, f->writer.side, f->page));
    g_assert_true(ring_open(&f->reader, f->reader.side, f->page));
    g_assert_cmpint(write_bytes(&f->writer, 100, 5), ==, 5);
    g_assert_cmpint(read_bytes(&f->reader, 30, 100), ==, 75);
}

/* With this distance between the indices: is it refused, and nothing touched? */
static void
check_read_distance(Fixture *f, guint32 distance)
{
    guint8 bytes[2 * RING_OUT_SIZE];
    struct iovec iov = {bytes, sizeof(bytes)};
    gssize expected = distance <= f->size ? (gssize)distance : -1;
    Ring ring;

    memset(bytes, GUARD, sizeof(bytes));
    *f->prod = *f->cons + distance;
    g_assert_cmpint(ring_get_readable(&f->reader), ==, expected);
    g_assert_cmpint(ring_peek(&f->reader, &iov, 1), ==, expected);
    for (gsize i = (gsize)MAX(expected, 0); i < sizeof(bytes); i++)
        g_assert_cmpint(bytes[i], ==, GUARD);
    g_assert_cmpint(ring_open(&ring, f->reader.side, f->page), ==, expected >= 0);
    g_assert_cmpint(ring_open(&ring, f->writer.side, f->page), ==, expected >= 0);
    *f->prod = *f->cons;
}

static void
check_write_distance(Fixture *f, guint32 distance)
{
    guint8 bytes[2 * RING_OUT_SIZE] = {0};
    struct iovec iov = {bytes, sizeof(bytes)};
    gssize expected = distance <= f->size ? (gssize)(f->size - distance) : -1;
    Ring ring = f->writer;
    guint32 before = *f->prod;

    *f->cons = before - distance;
    g_assert_cmpint(ring_get_writable(&ring), ==, expected);
    g_assert_cmpint(ring_write(&ring, &iov, 1), ==, expected);
    g_assert_cmpuint(*f->prod, ==, before + (guint32)MAX(expected, 0));
    *f->prod = *f->cons = before;
}

static const guint32 far_distances[] = {
    0x7ffffffeu, 0x7fffffffu, 0x80000000u, 0x80000001u, 0xfffff7ffu, 0xfffff800u,    0xfffffbffu,
    0xfffffc00u, 0xfffffffeu, 0xffffffffu, 1u << 16,    1u << 24,    (1u << 24) + 1,
};

static void
test_impossible_indices_are_refused(Fixture *f, gconstpointer unused)
{
    for (guint32 distance = 0; distance <= 2 * f->size; distance++) {
        check_read_distance(f, distance);
        check_write_distance(f, distance);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(far_distances); i++) {
        check_read_distance(f, far_distances[i]);
        check_write_distance(f, far_distances[i]);
    }
}

static void
test_a_page_of_nonsense_is_refused(void)
{
    guint32 page[RING_PAGE_SIZE / 4];
    Ring ring;

    memset(page, 0xff, sizeof(page)); /* all indices the same: an empty ring */
    g_assert_true(ring_open(&ring, RING_BACKEND, page));
    for (guint32 i = 0; i < RING_PAGE_SIZE / 4; i++)
        page[i] = i * 0x01010101u;
    g_assert_false(ring_open(&ring, RING_BACKEND, page));
    g_assert_false(ring_open(&ring, RING_FRONTEND, page));
}

/* Bad in one queue is bad for all. */
static void
test_one_bad_queue_is_enough(Fixture *f, gconstpointer unused)
{
    Ring ring;

    *f->idle_prod = *f->idle_cons - 1;
    g_assert_false(ring_open(&ring, f->reader.side, f->page));
    g_assert_false(ring_open(&ring, f->writer.side, f->page));
    g_assert_cmpint(ring_get_readable(&f->reader), ==, 0);
    g_assert_cmpint(ring_get_readable(&f->writer), ==, -1);
}

static void
test_producer_that_goes_back_is_refused(Fixture *f, gconstpointer unused)
{
    g_assert_cmpint(write_bytes(&f->writer, 0, 100), ==, 100);
    g_assert_cmpint(read_bytes(&f->reader, 0, 50), ==, 50);
    *f->prod = 49;
    g_assert_cmpint(ring_get_readable(&f->reader), ==, -1);
    g_assert_cmpint(read_bytes(&f->reader, 50, 1), ==, -1);
    *f->prod = 100;
    g_assert_cmpint(read_bytes(&f->reader, 50, 100), ==, 50);
}

/* What was peeked at is consumed, whatever has become of the other's index. */
static void
test_producer_may_change_between_peek_and_consume(Fixture *f, gconstpointer unused)
{
    guint8 bytes[16];
    struct iovec iov = {bytes, sizeof(bytes)};

    g_assert_cmpint(write_bytes(&f->writer, 0, 16), ==, 16);
    g_assert_cmpint(ring_peek(&f->reader, &iov, 1), ==, 16);
    *f->prod = 3;
    ring_consume(&f->reader, 16);
    g_assert_cmpuint(*f->cons, ==, 16);
    g_assert_cmpint(ring_get_readable(&f->reader), ==, -1);
}

static void
test_own_indices_are_not_read_back(Fixture *f, gconstpointer unused)
{
    g_assert_cmpint(write_bytes(&f->writer, 0, 100), ==, 100);
    g_assert_cmpint(read_bytes(&f->reader, 0, 10), ==, 10);
    *f->cons = 0xdeadbeef;
    g_assert_cmpint(ring_get_readable(&f->reader), ==, 90);
    g_assert_cmpint(read_bytes(&f->reader, 10, 10), ==, 10);
    g_assert_cmpuint(*f->cons, ==, 20);
    *f->prod = 0xdeadbeef;
    g_assert_cmpint(ring_get_writable(&f->writer), ==, f->size - 80);
    g_assert_cmpint(write_bytes(&f->writer, 100, 1), ==, 1);
    g_assert_cmpuint(*f->prod, ==, 101);
    g_assert_cmpint(read_bytes(&f->reader, 20, 100), ==, 81);
}

/* One end of the page, in a thread: sends a stream and checks the one that comes. */
static gpointer
run_end(gpointer ring_pointer)
{
    Ring *ring = ring_pointer;
    GRand *rand = g_rand_new_with_seed((guint32)ring->side);
    guint32 sent = 0, received = 0;

    while (sent < THREAD_BYTES || received < THREAD_BYTES) {
        gsize size = (gsize)g_rand_int_range(rand, 1, RING_OUT_SIZE);
        gssize moved = write_bytes(ring, sent, MIN(size, THREAD_BYTES - sent));

        g_assert_cmpint(moved, >=, 0);
        sent += (guint32)moved;
        size = (gsize)g_rand_int_range(rand, 1, RING_OUT_SIZE);
        moved = read_bytes(ring, received, size);
        g_assert_cmpint(moved, >=, 0);
        received += (guint32)moved;
        if (moved == 0)
            g_thread_yield();
    }
    g_rand_free(rand);
    return NULL;
}

static void
test_two_threads(Fixture *f, gconstpointer unused)
{
    GThread *thread = g_thread_new("frontend", run_end, &f->reader);

    run_end(&f->writer);
    g_thread_join(thread);
    g_assert_cmpint(ring_get_readable(&f->reader), ==, 0);
    g_assert_cmpint(ring_get_readable(&f->writer), ==, 0);
    g_assert_cmpuint(*f->prod, ==, THREAD_BYTES);
}

#define FIXTURE(name, func, to_guest)                                                              \
    g_test_add("/ring/" name, Fixture, GINT_TO_POINTER(to_guest), set_up, func, tear_down)
#define BOTH_QUEUES(name, func)                                                                    \
    FIXTURE("to-guest/" name, func, true);                                                         \
    FIXTURE("from-guest/" name, func, false)

int
main(int argc, char **argv)
{
    gconstpointer to_guest = GINT_TO_POINTER(true);

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ring/a-new-page-is-empty", test_a_new_page_is_empty);
    g_test_add_func("/ring/the-layout-is-xens", test_the_layout_is_xens);
    g_test_add_func("/ring/a-page-of-nonsense-is-refused", test_a_page_of_nonsense_is_refused);
    g_test_add_data_func("/ring/to-guest/every-fill-level", to_guest, test_every_fill_level);
    g_test_add_data_func("/ring/from-guest/every-fill-level", NULL, test_every_fill_level);
    g_test_add_data_func("/ring/to-guest/every-wrap", to_guest, test_every_wrap);
    g_test_add_data_func("/ring/from-guest/every-wrap", NULL, test_every_wrap);
    g_test_add_data_func("/ring/to-guest/indices-wrap", to_guest, test_indices_wrap);
    g_test_add_data_func("/ring/from-guest/indices-wrap", NULL, test_indices_wrap);
    BOTH_QUEUES("a-full-queue-takes-no-more", test_a_full_queue_takes_no_more);
    BOTH_QUEUES("what-is-peeked-at-stays", test_what_is_peeked_at_stays);
    BOTH_QUEUES("vectors-split-anywhere", test_vectors_split_anywhere);
    BOTH_QUEUES("room-ends-within-a-vector", test_room_ends_within_a_vector);
    BOTH_QUEUES("random-sizes-both-ways", test_random_sizes_both_ways);
    BOTH_QUEUES("reopened-ends-go-on", test_reopened_ends_go_on);
    BOTH_QUEUES("impossible-indices-are-refused", test_impossible_indices_are_refused);
    BOTH_QUEUES("one-bad-queue-is-enough", test_one_bad_queue_is_enough);
    BOTH_QUEUES("producer-that-goes-back-is-refused", test_producer_that_goes_back_is_refused);
    BOTH_QUEUES("producer-may-change-between-peek-and-consume",
                test_producer_may_change_between_peek_and_consume);
    BOTH_QUEUES("own-indices-are-not-read-back", test_own_indices_are_not_read_back);
    FIXTURE("two-threads", test_two_threads, true);
    return g_test_run();
}
