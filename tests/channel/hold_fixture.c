/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hold_fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>

#include "stream.h"

static GString *warnings;

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    if (!(level & G_LOG_LEVEL_WARNING))
        return g_log_writer_default(level, fields, n_fields, user_data);
    for (gsize i = 0; i < n_fields; i++) {
        if (g_str_equal(fields[i].key, "MESSAGE"))
            g_string_append_printf(warnings, "%s\n", (const char *)fields[i].value);
    }
    return G_LOG_WRITER_HANDLED;
}

void
hold_fixture_catch_warnings(void)
{
    warnings = g_string_new("");
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    g_log_set_writer_func(write_log, NULL, NULL);
}

void
hold_fixture_assert_warned(HoldFixture *f, const char *part)
{
    g_assert_nonnull(strstr(warnings->str, part));
    g_assert_nonnull(strstr(warnings->str, f->path));
    g_string_truncate(warnings, 0);
}

void
hold_fixture_set_up(HoldFixture *f, gconstpointer unused)
{
    f->directory = g_dir_make_tmp("virtxl-hold-XXXXXX", NULL);
    f->path = g_build_filename(f->directory, "hold", NULL);
    f->page = mmap(NULL, RING_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(f->page != MAP_FAILED);
    hold_fixture_open(f);
    hold_fixture_connect(f, HOLD_TEST_REF, HOLD_TEST_PORT);
}

void
hold_fixture_tear_down(HoldFixture *f, gconstpointer unused)
{
    g_assert_cmpstr(warnings->str, ==, "");
    hold_close(f->hold);
    g_remove(f->path);
    g_assert_cmpint(g_rmdir(f->directory), ==, 0);
    munmap(f->page, RING_PAGE_SIZE);
    g_free(f->path);
    g_free(f->directory);
}

void
hold_fixture_open(HoldFixture *f)
{
    g_autoptr(GError) error = NULL;

    f->hold = hold_open(f->path, HOLD_TEST_SIZE, HOLD_TEST_SIZE, &f->resumed, &error);
    g_assert_no_error(error);
}

void
hold_fixture_refuses(HoldFixture *f, const char *part)
{
    g_autoptr(GError) error = NULL;

    if (!part) {
        g_clear_pointer(&f->hold, hold_remove);
        return;
    }
    g_assert_null(hold_open(f->path, HOLD_TEST_SIZE, HOLD_TEST_SIZE, &f->resumed, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, part));
    g_assert_nonnull(strstr(error->message, f->path));
}

bool
hold_fixture_connect(HoldFixture *f, guint32 ring_ref, guint32 port)
{
    g_assert_true(ring_open(&f->ring, RING_BACKEND, f->page));
    g_assert_true(ring_open(&f->guest, RING_FRONTEND, f->page));
    return hold_connect(f->hold, &f->ring, ring_ref, port);
}

bool
hold_fixture_reopen(HoldFixture *f)
{
    hold_close(f->hold);
    hold_fixture_open(f);
    return hold_fixture_connect(f, HOLD_TEST_REF, HOLD_TEST_PORT);
}

void
hold_fixture_reopen_new(HoldFixture *f, gsize in_size, gsize out_size)
{
    g_autoptr(GError) error = NULL;

    hold_remove(f->hold);
    f->hold = hold_open(f->path, in_size, out_size, &f->resumed, &error);
    g_assert_no_error(error);
    memset(f->page, 0, RING_PAGE_SIZE);
    g_assert_false(hold_fixture_connect(f, HOLD_TEST_REF, HOLD_TEST_PORT));
}

/* --- the endpoint ----------------------------------------------------------- */

gsize
hold_fixture_produce_in(HoldFixture *f, gsize size)
{
    struct iovec iov[2];
    gsize done = 0;

    while (done < size && hold_get_in_room(f->hold, iov) > 0) {
        gsize part = MIN(iov[0].iov_len, size - done);

        stream_fill(iov[0].iov_base, f->in_produced, part);
        hold_produce_in(f->hold, part);
        f->in_produced += (guint32)part;
        f->in_waiting += part;
        done += part;
    }
    return done;
}

gsize
hold_fixture_check_iov(const struct iovec *iov, int n_iov, guint32 position)
{
    gsize done = 0;

    for (int i = 0; i < n_iov; i++) {
        stream_check(iov[i].iov_base, position + (guint32)done, iov[i].iov_len);
        done += iov[i].iov_len;
    }
    return done;
}

gsize
hold_fixture_consume_out(HoldFixture *f, gsize size)
{
    struct iovec iov[2];
    int n = hold_get_out_bytes(f->hold, iov);
    gsize used = hold_fixture_check_iov(iov, n, f->out_consumed);

    g_assert_cmpuint(used, ==, hold_get_used(f->hold, HOLD_OUT));
    size = MIN(size, used);
    hold_consume_out(f->hold, size);
    f->out_consumed += (guint32)size;
    return size;
}

/* --- the guest -------------------------------------------------------------- */

gssize
hold_fixture_write_guest(HoldFixture *f, gsize size)
{
    guint8 bytes[RING_OUT_SIZE];
    struct iovec iov = {bytes, MIN(size, sizeof(bytes))};
    gssize written;

    stream_fill(bytes, f->out_written, iov.iov_len);
    written = ring_write(&f->guest, &iov, 1);
    g_assert_cmpint(written, >=, 0);
    f->out_written += (guint32)written;
    return written;
}

gssize
hold_fixture_read_guest(HoldFixture *f, gsize size)
{
    guint8 bytes[RING_IN_SIZE];
    struct iovec iov = {bytes, MIN(size, sizeof(bytes))};
    gssize read = ring_peek(&f->guest, &iov, 1);

    g_assert_cmpint(read, >=, 0);
    stream_check(bytes, f->in_read, (gsize)read);
    ring_consume(&f->guest, (gsize)read);
    f->in_read += (guint32)read;
    f->in_waiting -= (gsize)read;
    return read;
}

void
hold_fixture_fill_out(HoldFixture *f, gsize size)
{
    gsize done = 0;

    while (done < size && hold_get_room(f->hold, HOLD_OUT) > 0) {
        gsize part = MIN(size - done, hold_get_room(f->hold, HOLD_OUT));
        gssize moved;

        hold_fixture_write_guest(f, part);
        moved = hold_move_out(f->hold, &f->ring, part);
        g_assert_cmpint(moved, >, 0);
        done += (gsize)moved;
    }
}

void
hold_fixture_drain_in(HoldFixture *f, gsize size)
{
    gssize read = 1;

    for (gsize done = 0; done < size && read > 0; done += (gsize)read) {
        g_assert_cmpint(hold_move_in(f->hold, &f->ring), >=, 0);
        read = hold_fixture_read_guest(f, size - done);
    }
}

void
hold_fixture_drain_all(HoldFixture *f)
{
    hold_fixture_drain_in(f, G_MAXSIZE);
    while (hold_fixture_consume_out(f, G_MAXSIZE) +
               (gsize)hold_move_out(f->hold, &f->ring, RING_OUT_SIZE) >
           0)
        ;
    g_assert_cmpuint(f->in_read, ==, f->in_produced);
    g_assert_cmpuint(f->out_consumed, ==, f->out_written);
}
