/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_agent_session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

void
libxl_agent_session_init(LibxlAgentSession *session, int fd, int wake_fd)
{
    memset(session, 0, sizeof(*session));
    session->fd = fd;
    session->wake_fd = wake_fd;
    libxl_agent_reader_init(&session->reader);
}

void
libxl_agent_session_clear(LibxlAgentSession *session)
{
    libxl_agent_reader_clear(&session->reader);
    g_clear_pointer(&session->line, g_free);
}

/* Whatever has come answers something else. */
static void
say(LibxlAgentSession *session, char *line)
{
    libxl_agent_reader_reset(&session->reader);
    g_free(session->line);
    session->line = line;
    session->size = strlen(line);
    session->sent = 0;
}

static bool
is_said(const LibxlAgentSession *session)
{
    return session->sent == session->size;
}

static LibxlAgentOutcome
receive(LibxlAgentSession *session)
{
    guint8 buffer[64 * 1024];
    gssize n = recv(session->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? LIBXL_AGENT_OK : LIBXL_AGENT_GONE;
    if (n == 0)
        return LIBXL_AGENT_GONE;
    return libxl_agent_reader_add(&session->reader, buffer, (gsize)n) ? LIBXL_AGENT_OK
                                                                      : LIBXL_AGENT_NOISY;
}

static LibxlAgentOutcome
transmit(LibxlAgentSession *session)
{
    gssize n = send(session->fd, session->line + session->sent, session->size - session->sent,
                    MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? LIBXL_AGENT_OK : LIBXL_AGENT_GONE;
    session->sent += (gsize)n;
    return LIBXL_AGENT_OK;
}

/* Milliseconds for poll(), rounded up, so that the last wait is not a busy one. */
static int
time_left(gint64 deadline)
{
    gint64 left;

    if (deadline == LIBXL_AGENT_NEVER)
        return -1;
    left = (deadline - g_get_monotonic_time() + 999) / 1000;
    return (int)CLAMP(left, 0, G_MAXINT);
}

/* Waits until there is something to do, and does it. */
static LibxlAgentOutcome
step(LibxlAgentSession *session, gint64 deadline)
{
    struct pollfd fds[] = {
        {.fd = session->fd, .events = (short)(is_said(session) ? POLLIN : POLLIN | POLLOUT)},
        {.fd = session->wake_fd, .events = POLLIN},
    };
    LibxlAgentOutcome outcome = LIBXL_AGENT_OK;
    int n = poll(fds, G_N_ELEMENTS(fds), time_left(deadline));

    if (n < 0)
        return errno == EINTR ? LIBXL_AGENT_OK : LIBXL_AGENT_GONE;
    if (fds[1].revents)
        return LIBXL_AGENT_GONE;
    /* An agent that never rests does not stop the clock. */
    if (n == 0 || time_left(deadline) == 0)
        outcome = LIBXL_AGENT_SILENT;
    if (fds[0].revents & POLLOUT && transmit(session) != LIBXL_AGENT_OK)
        return LIBXL_AGENT_GONE;
    if (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) {
        LibxlAgentOutcome received = receive(session);

        if (received != LIBXL_AGENT_OK)
            return received;
    }
    return outcome;
}

/* Until what was to be said is said and, if @reply is not NULL, there is a reply. */
static LibxlAgentOutcome
listen_for(LibxlAgentSession *session, LibxlAgentReply *reply, gint64 deadline)
{
    LibxlAgentOutcome outcome = LIBXL_AGENT_OK;

    for (;;) {
        if (is_said(session) && (!reply || libxl_agent_reader_next(&session->reader, reply)))
            return LIBXL_AGENT_OK;
        if (outcome != LIBXL_AGENT_OK)
            return outcome;
        outcome = step(session, deadline);
    }
}

LibxlAgentOutcome
libxl_agent_session_sync(LibxlAgentSession *session, gint64 deadline)
{
    bool delimited = true;
    guint32 id = g_random_int();

    say(session, libxl_agent_command_format_sync(id, delimited));
    for (;;) {
        g_auto(LibxlAgentReply) reply = {0};
        LibxlAgentOutcome outcome = listen_for(session, &reply, deadline);

        if (outcome != LIBXL_AGENT_OK)
            return outcome;
        if (libxl_agent_reply_is_sync(&reply, id))
            return LIBXL_AGENT_OK;
        /* It may be one that does not know this way. */
        if (delimited && libxl_agent_reply_is_unknown_command(&reply)) {
            delimited = false;
            id = g_random_int();
            say(session, libxl_agent_command_format_sync(id, delimited));
        }
    }
}

LibxlAgentOutcome
libxl_agent_session_execute(LibxlAgentSession *session, json_object *command,
                            LibxlAgentReply *reply, gint64 deadline)
{
    say(session, libxl_agent_command_format(command));
    return listen_for(session, reply, deadline);
}
