/* Between hold and ring, each byte passes exactly once, whenever the backend's
 * process is killed.
 *
 * Once by instruction: a process is run step by step (ptrace), and what it has left
 * in its file and on the guest's page after each step that changed them is taken
 * up by a hold of its own, which must give both streams without a gap.
 * Once by chance: a process is killed hundreds of times while the guest goes on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold_fixture.h"
#include "stream.h"

enum {
    KILLS = 300,
    HEADER_SIZE = 4096,
    FILE_SIZE = HEADER_SIZE + 2 * HOLD_TEST_SIZE,
};

/* --- by instruction --------------------------------------------------------- */

/* What a process leaves behind. */
typedef struct {
    guint8 page[RING_PAGE_SIZE];
    guint8 file[FILE_SIZE];
    gsize file_size;
} Remains;

static void
take_remains(const HoldFixture *f, Remains *remains)
{
    int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    gssize size = 0;

    if (fd >= 0) {
        size = read(fd, remains->file, FILE_SIZE);
        close(fd);
    }
    g_assert_cmpint(size, >=, 0);
    remains->file_size = (gsize)size;
    memcpy(remains->page, f->page, RING_PAGE_SIZE);
}

static bool
remains_equal(const Remains *a, const Remains *b)
{
    return a->file_size == b->file_size && memcmp(a->file, b->file, a->file_size) == 0 &&
           memcmp(a->page, b->page, RING_PAGE_SIZE) == 0;
}

/* The next process takes up @remains: both streams arrive, all of them. */
static void
check_remains(const HoldFixture *f, const Remains *remains)
{
    guint8 page[RING_PAGE_SIZE];
    HoldFixture next = *f;

    memcpy(page, remains->page, RING_PAGE_SIZE);
    next.page = page;
    next.path = g_strconcat(f->path, ".next", NULL);
    next.hold = NULL;
    g_assert_true(g_file_set_contents(next.path, (const char *)remains->file, FILE_SIZE, NULL));
    hold_fixture_reopen(&next);
    g_assert_true(next.resumed);
    hold_fixture_drain_all(&next);
    hold_remove(next.hold);
    g_free(next.path);
}

/* Runs @work in a process of its own, one instruction after the other, and checks
 * what there is after each. The streams' positions must not change by @work. Returns
 * how many different remains there were; 0 if this system doesn't let us trace. */
static int
run_step_by_step(HoldFixture *f, void (*work)(HoldFixture *f))
{
    g_autofree Remains *last = g_new0(Remains, 1);
    g_autofree Remains *now = g_new0(Remains, 1);
    int status, n = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
            _exit(77);
        raise(SIGSTOP);
        work(f);
        _exit(0);
    }
    g_assert_cmpint(pid, >, 0);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    while (WIFSTOPPED(status)) {
        int signal =
            WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status);

        take_remains(f, now);
        if (!remains_equal(now, last)) {
            check_remains(f, now);
            memcpy(last, now, sizeof(*now));
            n++;
        }
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, GINT_TO_POINTER(signal)) < 0)
            break;
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    }
    g_assert_true(WIFEXITED(status));
    g_assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
    return n;
}

/* Bytes everywhere, and what is next to be moved crosses the end of all queues. */
static void
prepare(HoldFixture *f)
{
    hold_fixture_fill_out(f, HOLD_TEST_SIZE - 50);
    hold_fixture_consume_out(f, HOLD_TEST_SIZE - 150);
    g_assert_cmpint(hold_fixture_write_guest(f, 200), ==, 200);

    hold_fixture_produce_in(f, HOLD_TEST_SIZE - 50);
    hold_fixture_drain_in(f, 3000);
    hold_fixture_produce_in(f, 500);
    hold_move_in(f->hold, &f->ring);
    hold_fixture_read_guest(f, 1000);
    g_assert_cmpuint(hold_get_used(f->hold, HOLD_IN), ==, 522);
}

static void
check_work(HoldFixture *f, void (*work)(HoldFixture *f), int least)
{
    int n;

    prepare(f);
    n = run_step_by_step(f, work);
    if (n == 0)
        g_test_skip("this system does not allow ptrace");
    else
        g_assert_cmpint(n, >=, least);
}

static void
move_out(HoldFixture *f)
{
    hold_move_out(f->hold, &f->ring, RING_OUT_SIZE);
}

static void
test_while_bytes_move_out(HoldFixture *f, gconstpointer unused)
{
    /* bytes copied in two parts, the ring's index, ours */
    check_work(f, move_out, 4);
}

static void
move_in(HoldFixture *f)
{
    hold_move_in(f->hold, &f->ring);
}

static void
test_while_bytes_move_in(HoldFixture *f, gconstpointer unused)
{
    check_work(f, move_in, 4);
}

/* An empty queue begins anew at its start. */
static void
empty_and_move_out(HoldFixture *f)
{
    struct iovec iov[2];

    move_out(f);
    hold_get_in_room(f->hold, iov);
}

static void
test_while_an_empty_queue_restarts(HoldFixture *f, gconstpointer unused)
{
    hold_fixture_fill_out(f, 100);
    hold_fixture_consume_out(f, 100);
    hold_fixture_produce_in(f, 100);
    hold_fixture_drain_in(f, 100);
    g_assert_cmpint(hold_fixture_write_guest(f, 200), ==, 200);
    if (run_step_by_step(f, empty_and_move_out) == 0)
        g_test_skip("this system does not allow ptrace");
}

static void
reopen(HoldFixture *f)
{
    hold_fixture_reopen(f);
    move_out(f);
    move_in(f);
}

/* The process before was killed between the ring's index and ours. */
static void
test_while_the_next_process_begins(HoldFixture *f, gconstpointer unused)
{
    guint8 header[HEADER_SIZE];
    int fd = open(f->path, O_RDWR | O_CLOEXEC);

    prepare(f);
    g_assert_cmpint(pread(fd, header, HEADER_SIZE, 0), ==, HEADER_SIZE);
    move_out(f);
    move_in(f);
    g_assert_cmpint(pwrite(fd, header, HEADER_SIZE, 0), ==, HEADER_SIZE);
    close(fd);
    if (run_step_by_step(f, reopen) == 0)
        g_test_skip("this system does not allow ptrace");
}

static void
disconnect(HoldFixture *f)
{
    move_out(f);
    hold_disconnect(f->hold);
}

static void
test_while_the_ring_goes(HoldFixture *f, gconstpointer unused)
{
    check_work(f, disconnect, 5);
}

static void
connect_again(HoldFixture *f)
{
    hold_fixture_connect(f, HOLD_TEST_REF, HOLD_TEST_PORT);
    move_in(f);
}

static void
test_while_the_ring_comes(HoldFixture *f, gconstpointer unused)
{
    check_work(f, connect_again, 5);
}

/* --- by chance -------------------------------------------------------------- */

/* How far the endpoint is, as it knows itself, shared with the next process. What it
 * moves is written down before, since it can't be one with the hold's index. */
typedef struct {
    guint32 in, out; /* positions in the streams */
    guint32 in_moving, out_moving;
} Endpoint;

/* Where the endpoint is follows from the ring's index and from what is held. */
static void
take_up(HoldFixture *f, const Endpoint *endpoint)
{
    f->in_produced = f->ring.produced + (guint32)hold_get_used(f->hold, HOLD_IN);
    f->out_consumed = f->ring.consumed - (guint32)hold_get_used(f->hold, HOLD_OUT);
    g_assert_cmpuint(f->in_produced - endpoint->in, <=, endpoint->in_moving);
    g_assert_cmpuint(f->out_consumed - endpoint->out, <=, endpoint->out_moving);
}

static void
note(guint32 *place, guint32 value)
{
    __atomic_store_n(place, value, __ATOMIC_SEQ_CST);
}

static gsize
send_some(HoldFixture *f, Endpoint *endpoint, GRand *rand)
{
    gsize size = MIN((gsize)g_rand_int_range(rand, 1, 3000), hold_get_room(f->hold, HOLD_IN));

    note(&endpoint->in, f->in_produced);
    note(&endpoint->in_moving, (guint32)size);
    return hold_fixture_produce_in(f, size);
}

static gsize
receive_some(HoldFixture *f, Endpoint *endpoint, GRand *rand)
{
    gsize size = MIN((gsize)g_rand_int_range(rand, 1, 3000), hold_get_used(f->hold, HOLD_OUT));

    note(&endpoint->out, f->out_consumed);
    note(&endpoint->out_moving, (guint32)size);
    return hold_fixture_consume_out(f, size);
}

/* The backend, until it is killed. */
G_NORETURN static void
run_backend(HoldFixture *f, Endpoint *endpoint, guint32 seed)
{
    GRand *rand = g_rand_new_with_seed(seed);

    hold_fixture_reopen(f);
    g_assert_true(f->resumed);
    take_up(f, endpoint);
    for (;;) {
        gssize moved = hold_move_out(f->hold, &f->ring, RING_OUT_SIZE);

        g_assert_cmpint(moved, >=, 0);
        moved += (gssize)receive_some(f, endpoint, rand);
        moved += (gssize)send_some(f, endpoint, rand);
        moved += hold_move_in(f->hold, &f->ring);
        if (moved == 0)
            g_thread_yield();
    }
}

/* The guest, for @until_us, while the backend runs or has just been killed. */
static void
run_guest(HoldFixture *f, gint64 until_us)
{
    while (g_get_monotonic_time() < until_us) {
        gssize moved = hold_fixture_write_guest(f, (gsize)g_test_rand_int_range(1, 2048));

        moved += hold_fixture_read_guest(f, (gsize)g_test_rand_int_range(1, 1024));
        if (moved == 0)
            g_thread_yield();
    }
}

static void
assert_killed(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status));
    g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
}

static void
test_killed_at_any_time(HoldFixture *f, gconstpointer unused)
{
    Endpoint *endpoint =
        mmap(NULL, sizeof(*endpoint), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    g_assert_true(endpoint != MAP_FAILED);
    for (int i = 0; i < KILLS; i++) {
        guint32 seed = (guint32)g_test_rand_int();
        gint64 until_us = g_get_monotonic_time() + g_test_rand_int_range(200, 6000);
        pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0)
            run_backend(f, endpoint, seed);
        run_guest(f, until_us);
        assert_killed(pid);
        run_guest(f, 0);
    }
    g_assert_true(hold_fixture_reopen(f));
    take_up(f, endpoint);
    hold_fixture_drain_all(f);
    g_test_message("%u bytes to the guest, %u from it", f->in_read, f->out_written);
    g_assert_cmpuint(f->in_read, >, HOLD_TEST_SIZE);
    g_assert_cmpuint(f->out_written, >, HOLD_TEST_SIZE);
    munmap(endpoint, sizeof(*endpoint));
}

#define TEST(name, func)                                                                           \
    g_test_add("/hold-kill/" name, HoldFixture, NULL, hold_fixture_set_up, func,                   \
               hold_fixture_tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    hold_fixture_catch_warnings();
    TEST("while-bytes-move-out", test_while_bytes_move_out);
    TEST("while-bytes-move-in", test_while_bytes_move_in);
    TEST("while-an-empty-queue-restarts", test_while_an_empty_queue_restarts);
    TEST("while-the-next-process-begins", test_while_the_next_process_begins);
    TEST("while-the-ring-goes", test_while_the_ring_goes);
    TEST("while-the-ring-comes", test_while_the_ring_comes);
    TEST("killed-at-any-time", test_killed_at_any_time);
    return g_test_run();
}
