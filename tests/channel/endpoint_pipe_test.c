/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint_fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

typedef struct {
    Stage *stage;
    char *in;
    char *out;
} PipeStage;

static PipeStage
pipe_stage_new(void)
{
    PipeStage pipe = {.stage = stage_new(CHANNEL_SOURCE_PIPE)};

    pipe.in = g_strconcat(pipe.stage->path, ".in", NULL);
    pipe.out = g_strconcat(pipe.stage->path, ".out", NULL);
    g_assert_cmpint(mkfifo(pipe.in, 0600), ==, 0);
    g_assert_cmpint(mkfifo(pipe.out, 0600), ==, 0);
    stage_open(pipe.stage);
    return pipe;
}

static void
pipe_stage_free(PipeStage *pipe)
{
    stage_free(pipe->stage);
    g_free(pipe->in);
    g_free(pipe->out);
}

static int
open_file(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOCTTY);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static void
a_pair_of_fifos_goes_both_ways(void)
{
    PipeStage pipe = pipe_stage_new();
    int writer = open_file(pipe.in, O_WRONLY);
    int reader = open_file(pipe.out, O_RDONLY);

    client_send(writer, "in");
    stage_expect_input(pipe.stage, "in");
    stage_send(pipe.stage, "out", 3);
    client_expect(pipe.stage, reader, "out");
    close(writer);
    close(reader);
    pipe_stage_free(&pipe);
}

static void
writers_come_and_go(void)
{
    PipeStage pipe = pipe_stage_new();
    int writer = open_file(pipe.in, O_WRONLY);

    client_send(writer, "one ");
    close(writer);
    stage_expect_input(pipe.stage, "one ");
    g_assert_cmpuint(stage_count_turns(), <, 10);
    writer = open_file(pipe.in, O_WRONLY);
    client_send(writer, "two");
    close(writer);
    stage_expect_input(pipe.stage, "one two");
    pipe_stage_free(&pipe);
}

static void
readers_come_and_go(void)
{
    PipeStage pipe = pipe_stage_new();

    stage_send(pipe.stage, "early", 5);
    stage_rest(50);
    g_assert_cmpuint(pipe.stage->output->len, ==, 5);
    for (int i = 0; i < 3; i++) {
        int reader = open_file(pipe.out, O_RDONLY);

        stage_wait(pipe.stage, stage_is_connected);
        client_expect(pipe.stage, reader, "early");
        close(reader);
        stage_wait(pipe.stage, stage_is_unconnected);
        stage_send(pipe.stage, "early", 5);
    }
    g_assert_cmpuint(stage_count_turns(), <, 10);
    pipe_stage_free(&pipe);
}

static void
what_one_reader_leaves_the_next_gets(void)
{
    PipeStage pipe = pipe_stage_new();
    int reader = open_file(pipe.out, O_RDONLY);

    stage_wait(pipe.stage, stage_is_connected);
    stage_send(pipe.stage, "unread", 6);
    stage_wait(pipe.stage, stage_has_sent);
    close(reader);
    stage_wait(pipe.stage, stage_is_unconnected);
    reader = open_file(pipe.out, O_RDONLY);
    client_expect(pipe.stage, reader, "unread");
    close(reader);
    pipe_stage_free(&pipe);
}

static void
one_fifo_serves_where_there_is_no_pair(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_PIPE);
    int fd;

    g_assert_cmpint(mkfifo(stage->path, 0600), ==, 0);
    stage_open(stage);
    fd = open_file(stage->path, O_WRONLY);
    client_send(fd, "in");
    stage_expect_input(stage, "in");
    close(fd);
}

static void
what_is_no_fifo_is_refused(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_PIPE);
    g_autofree char *message = NULL;

    g_assert_true(g_file_set_contents(stage->path, "mine", -1, NULL));
    message = stage_open_in_vain(stage);
    g_assert_nonnull(strstr(message, stage->path));
}

/* The slave of a pty stands for a serial port. */
static int
open_port(Stage *stage)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    g_assert_cmpint(master, >=, 0);
    g_assert_cmpint(unlockpt(master), ==, 0);
    stage->source.path = ptsname(master);
    stage_open(stage);
    return master;
}

static void
a_terminal_is_made_raw(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_DEV);
    int master = open_port(stage);

    client_send(master, "in\r\003");
    stage_expect_input(stage, "in\r\003");
    stage_send(stage, "out\n", 4);
    client_expect(stage, master, "out\n");
    close(master);
    stage_expect_warning("has hung up");
    stage_wait(stage, stage_is_unconnected);
    g_assert_cmpuint(stage_count_turns(), <, 10);
}

static void
a_device_that_cannot_be_polled_is_written_by_a_thread(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_DEV);

    stage->source.path = (char *)"/dev/null";
    stage_open(stage);
    stage_send(stage, "gone", 4);
    stage_wait(stage, stage_has_sent);
    stage_rest(20);
    g_assert_cmpuint(stage_count_turns(), <, 10);
}

static void
what_is_no_device_is_refused(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_DEV);
    g_autofree char *message = NULL;

    g_assert_true(g_file_set_contents(stage->path, "mine", -1, NULL));
    message = stage_open_in_vain(stage);
    g_assert_nonnull(strstr(message, "character device"));
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add_func("/endpoint-pipe/" #name, name)
    ADD(a_pair_of_fifos_goes_both_ways);
    ADD(writers_come_and_go);
    ADD(readers_come_and_go);
    ADD(what_one_reader_leaves_the_next_gets);
    ADD(one_fifo_serves_where_there_is_no_pair);
    ADD(what_is_no_fifo_is_refused);
    ADD(a_terminal_is_made_raw);
    ADD(a_device_that_cannot_be_polled_is_written_by_a_thread);
    ADD(what_is_no_device_is_refused);
    return g_test_run();
}
