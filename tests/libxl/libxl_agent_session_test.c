/* Conversations with agents of all kinds: each is a function that runs in a thread of its
 * own at the other end of a socket pair.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_agent_session.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- fixture ------------------------------------------------------------------------ */

/* Long enough for a loaded machine; a deadline that must pass is SOON. */
#define PATIENCE (600 * G_USEC_PER_SEC)
#define SOON     (G_USEC_PER_SEC / 5)

typedef void (*AgentFunc)(int fd);

typedef struct {
    AgentFunc func;
    int fd;
} Agent;

typedef struct {
    LibxlAgentSession session;
    int fd;
    int wake_fd;
    GThread *thread;
} Fixture;

static gpointer
run_agent(gpointer data)
{
    g_autofree Agent *agent = data;

    agent->func(agent->fd);
    close(agent->fd);
    return NULL;
}

static void
set_up(Fixture *f, AgentFunc func)
{
    Agent *agent = g_new(Agent, 1);
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    f->fd = fds[0];
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    agent->func = func;
    agent->fd = fds[1];
    libxl_agent_session_init(&f->session, f->fd, f->wake_fd);
    f->thread = g_thread_new("agent", run_agent, agent);
}

/* The agent sees the hangup, and ends. */
static void
tear_down(Fixture *f)
{
    libxl_agent_session_clear(&f->session);
    close(f->fd);
    close(f->wake_fd);
    g_thread_join(f->thread);
}

static gint64
within(gint64 microseconds)
{
    return g_get_monotonic_time() + microseconds;
}

static LibxlAgentOutcome
sync_with(Fixture *f, gint64 microseconds)
{
    return libxl_agent_session_sync(&f->session, within(microseconds));
}

static LibxlAgentOutcome
execute(Fixture *f, const char *name, LibxlAgentReply *reply, gint64 microseconds)
{
    json_object *command = libxl_agent_command_new(name, NULL);
    LibxlAgentOutcome outcome =
        libxl_agent_session_execute(&f->session, command, reply, within(microseconds));

    json_object_put(command);
    return outcome;
}

static void
assert_returns(Fixture *f, const char *name, const char *expected)
{
    g_auto(LibxlAgentReply) reply = {0};
    g_autofree char *text = NULL;

    g_assert_cmpint(execute(f, name, &reply, PATIENCE), ==, LIBXL_AGENT_OK);
    text = libxl_agent_json_format(reply.message);
    g_assert_cmpstr(text, ==, expected);
}

/* --- what agents do ------------------------------------------------------------------- */

/* A command, or NULL when the host has gone. */
static char *
hear(int fd)
{
    GString *line = g_string_new(NULL);
    char c;

    while (read(fd, &c, 1) == 1) {
        if (c == '\n')
            return g_string_free(line, FALSE);
        g_string_append_c(line, c);
    }
    g_string_free(line, TRUE);
    return NULL;
}

static bool
say(int fd, const char *text)
{
    gsize size = strlen(text), done = 0;

    while (done < size) {
        gssize n = send(fd, text + done, size - done, MSG_NOSIGNAL);

        if (n < 0)
            return false;
        done += (gsize)n;
    }
    return true;
}

static guint
get_id(const char *command)
{
    const char *id = command ? strstr(command, "\"id\":") : NULL;

    return id ? (guint)g_ascii_strtoull(id + strlen("\"id\":"), NULL, 10) : 0;
}

static void
say_id(int fd, const char *before, guint id)
{
    g_autofree char *text = g_strdup_printf("%s{\"return\": %u}\n", before, id);

    say(fd, text);
}

static void
hear_and_sync(int fd)
{
    g_autofree char *command = hear(fd);

    say_id(fd, "\xff", get_id(command));
}

static void
wait_for_the_end(int fd)
{
    char *command;

    while ((command = hear(fd)))
        g_free(command);
}

static void
honest(int fd)
{
    hear_and_sync(fd);
    g_free(hear(fd));
    say(fd, "{\"return\": {}}\n");
    wait_for_the_end(fd);
}

static void
hung(int fd)
{
    wait_for_the_end(fd);
}

static void
hung_after_sync(int fd)
{
    hear_and_sync(fd);
    wait_for_the_end(fd);
}

static void
dies_in_its_reply(int fd)
{
    hear_and_sync(fd);
    g_free(hear(fd));
    say(fd, "{\"return\": ");
}

static void
lies_about_the_number(int fd)
{
    g_autofree char *command = hear(fd);

    for (int i = 0; i < 100; i++)
        say_id(fd, "\xff", get_id(command) + 1 + (guint)i);
    wait_for_the_end(fd);
}

/* Goes on until the host has gone. */
static void
floods_without_a_newline(int fd)
{
    g_autofree char *text = g_strnfill(65536, 'x');

    g_free(hear(fd));
    while (say(fd, text))
        continue;
}

static void
floods_with_replies(int fd)
{
    g_free(hear(fd));
    while (say(fd, "{\"return\": 1}\n{\"error\": {}}\nlogin:\n"))
        continue;
}

static void
answers_in_pieces(int fd)
{
    static const char *const pieces[] = {"{\"ret", "urn\"", ": {\"a\": \"", "b\"}", "}", "\n"};

    hear_and_sync(fd);
    g_free(hear(fd));
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        say(fd, pieces[i]);
        g_usleep(2000);
    }
    wait_for_the_end(fd);
}

/* Somebody asked before us and did not wait. */
static void
answers_what_was_asked_before(int fd)
{
    g_autofree char *command = hear(fd);

    say(fd, "{\"return\": \"old\"}\n{\"return\": \"half of an o");
    say_id(fd, "\xff", get_id(command));
    g_free(hear(fd));
    say(fd, "{\"return\": \"new\"}\n");
    wait_for_the_end(fd);
}

/* The first command is answered when the second sync asks. */
static void
answers_too_late(int fd)
{
    g_autofree char *command = NULL;

    hear_and_sync(fd);
    g_free(hear(fd));
    command = hear(fd);
    say(fd, "{\"return\": \"late\"}\n");
    say_id(fd, "\xff", get_id(command));
    g_free(hear(fd));
    say(fd, "{\"return\": \"in time\"}\n");
    wait_for_the_end(fd);
}

static void
knows_no_delimited_sync(int fd)
{
    g_autofree char *command = NULL;

    g_free(hear(fd));
    say(fd, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Invalid JSON syntax\"}}\n"
            "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no such command\"}}\n");
    command = hear(fd);
    if (command && strstr(command, "\"guest-sync\""))
        say_id(fd, "", get_id(command));
    wait_for_the_end(fd);
}

static void
refuses(int fd)
{
    hear_and_sync(fd);
    g_free(hear(fd));
    say(fd, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\n");
    wait_for_the_end(fd);
}

/* Does not listen before it has got rid of this. */
static void
talks_before_it_listens(int fd)
{
    g_autofree char *line = g_strnfill(1024 * 1024, 'x');

    say(fd, line);
    say(fd, "\n");
    honest(fd);
}

/* --- tests ---------------------------------------------------------------------------- */

static void
a_command_is_answered(void)
{
    Fixture f;

    set_up(&f, honest);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    assert_returns(&f, "guest-ping", "{\"return\":{}}");
    tear_down(&f);
}

static void
a_hung_agent_is_silent(void)
{
    Fixture f;

    set_up(&f, hung);
    g_assert_cmpint(sync_with(&f, SOON), ==, LIBXL_AGENT_SILENT);
    tear_down(&f);
}

static void
an_agent_that_hangs_in_a_command_is_silent(void)
{
    g_auto(LibxlAgentReply) reply = {0};
    Fixture f;

    set_up(&f, hung_after_sync);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    g_assert_cmpint(execute(&f, "guest-ping", &reply, SOON), ==, LIBXL_AGENT_SILENT);
    tear_down(&f);
}

static void
an_agent_that_dies_in_its_reply_is_gone(void)
{
    g_auto(LibxlAgentReply) reply = {0};
    Fixture f;

    set_up(&f, dies_in_its_reply);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    g_assert_cmpint(execute(&f, "guest-ping", &reply, PATIENCE), ==, LIBXL_AGENT_GONE);
    tear_down(&f);
}

static void
wrong_numbers_are_no_sync(void)
{
    Fixture f;

    set_up(&f, lies_about_the_number);
    g_assert_cmpint(sync_with(&f, SOON), ==, LIBXL_AGENT_SILENT);
    tear_down(&f);
}

static void
a_flood_without_a_newline_is_noise(void)
{
    Fixture f;

    set_up(&f, floods_without_a_newline);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_NOISY);
    g_assert_cmpuint(f.session.reader.bytes->len, <=, LIBXL_AGENT_REPLY_MAX);
    tear_down(&f);
}

static void
a_flood_of_replies_is_noise(void)
{
    Fixture f;

    set_up(&f, floods_with_replies);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_NOISY);
    tear_down(&f);
}

static void
a_flood_does_not_stop_the_clock(void)
{
    Fixture f;

    set_up(&f, floods_with_replies);
    g_assert_cmpint(sync_with(&f, 0), ==, LIBXL_AGENT_SILENT);
    tear_down(&f);
}

static void
an_answer_comes_in_pieces(void)
{
    Fixture f;

    set_up(&f, answers_in_pieces);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    assert_returns(&f, "x", "{\"return\":{\"a\":\"b\"}}");
    tear_down(&f);
}

static void
answers_to_what_was_asked_before_are_skipped(void)
{
    Fixture f;

    set_up(&f, answers_what_was_asked_before);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    assert_returns(&f, "x", "{\"return\":\"new\"}");
    tear_down(&f);
}

static void
a_late_answer_is_not_the_next_ones(void)
{
    g_auto(LibxlAgentReply) reply = {0};
    Fixture f;

    set_up(&f, answers_too_late);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    g_assert_cmpint(execute(&f, "x", &reply, SOON), ==, LIBXL_AGENT_SILENT);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    assert_returns(&f, "x", "{\"return\":\"in time\"}");
    tear_down(&f);
}

static void
an_agent_without_delimited_sync_is_asked_the_old_way(void)
{
    Fixture f;

    set_up(&f, knows_no_delimited_sync);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    tear_down(&f);
}

static void
a_refusal_is_an_answer(void)
{
    g_auto(LibxlAgentReply) reply = {0};
    Fixture f;

    set_up(&f, refuses);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    g_assert_cmpint(execute(&f, "x", &reply, PATIENCE), ==, LIBXL_AGENT_OK);
    g_assert_cmpstr(libxl_agent_reply_get_complaint(&reply), ==, "no");
    tear_down(&f);
}

static void
an_agent_that_talks_first_is_heard_out(void)
{
    Fixture f;

    set_up(&f, talks_before_it_listens);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    assert_returns(&f, "guest-ping", "{\"return\":{}}");
    tear_down(&f);
}

static void
a_command_can_be_said_without_waiting(void)
{
    Fixture f;

    set_up(&f, hung_after_sync);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    g_assert_cmpint(execute(&f, "guest-ping", NULL, PATIENCE), ==, LIBXL_AGENT_OK);
    tear_down(&f);
}

static gpointer
wake(gpointer data)
{
    const guint64 one = 1;
    const Fixture *f = data;

    g_usleep(SOON / 4);
    g_assert_cmpint(write(f->wake_fd, &one, sizeof(one)), ==, sizeof(one));
    return NULL;
}

static void
waiting_for_ever_can_be_ended(void)
{
    g_auto(LibxlAgentReply) reply = {0};
    GThread *thread;
    json_object *command = libxl_agent_command_new("x", NULL);
    Fixture f;

    set_up(&f, hung_after_sync);
    g_assert_cmpint(sync_with(&f, PATIENCE), ==, LIBXL_AGENT_OK);
    thread = g_thread_new("wake", wake, &f);
    g_assert_cmpint(libxl_agent_session_execute(&f.session, command, &reply, LIBXL_AGENT_NEVER), ==,
                    LIBXL_AGENT_GONE);
    g_thread_join(thread);
    json_object_put(command);
    tear_down(&f);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/libxl/agent/session/" #name, name)
    TEST(a_command_is_answered);
    TEST(a_hung_agent_is_silent);
    TEST(an_agent_that_hangs_in_a_command_is_silent);
    TEST(an_agent_that_dies_in_its_reply_is_gone);
    TEST(wrong_numbers_are_no_sync);
    TEST(a_flood_without_a_newline_is_noise);
    TEST(a_flood_of_replies_is_noise);
    TEST(a_flood_does_not_stop_the_clock);
    TEST(an_answer_comes_in_pieces);
    TEST(answers_to_what_was_asked_before_are_skipped);
    TEST(a_late_answer_is_not_the_next_ones);
    TEST(an_agent_without_delimited_sync_is_asked_the_old_way);
    TEST(a_refusal_is_an_answer);
    TEST(an_agent_that_talks_first_is_heard_out);
    TEST(a_command_can_be_said_without_waiting);
    TEST(waiting_for_ever_can_be_ended);
    return g_test_run();
}
