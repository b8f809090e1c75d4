/* A conversation with a guest agent over a connected socket: say something, wait for the
 * answer.
 *
 * The calls block, on the socket and a deadline, so they belong on a worker; somebody else
 * can end them at once. While there is something to say, what comes is read, too: an agent
 * that can't get rid of an old answer would never listen.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_agent_message.h"

/* What became of it. */
typedef enum {
    LIBXL_AGENT_OK,
    LIBXL_AGENT_SILENT, /* nothing to the point until the deadline */
    LIBXL_AGENT_GONE,   /* the connection has ended, or somebody has ended this */
    LIBXL_AGENT_NOISY,  /* more than LIBXL_AGENT_REPLY_MAX came, and no answer */
} LibxlAgentOutcome;

/* A deadline that never comes. */
#define LIBXL_AGENT_NEVER G_MAXINT64

typedef struct {
    int fd;      /* the connected socket, not blocking */
    int wake_fd; /* readable: end at once */
    LibxlAgentReader reader;
    char *line; /* to be said */
    gsize size;
    gsize sent;
} LibxlAgentSession;

/* The descriptors stay the caller's. */
void libxl_agent_session_init(LibxlAgentSession *session, int fd, int wake_fd);
void libxl_agent_session_clear(LibxlAgentSession *session);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LibxlAgentSession, libxl_agent_session_clear)

/* Until the agent has repeated a number, which it does if it is there and has done all
 * that it was told before. Deadlines are g_get_monotonic_time()'s. */
LibxlAgentOutcome libxl_agent_session_sync(LibxlAgentSession *session, gint64 deadline);

/* Until @command is said and, if @reply is not NULL, answered. */
LibxlAgentOutcome libxl_agent_session_execute(LibxlAgentSession *session, json_object *command,
                                              LibxlAgentReply *reply, gint64 deadline);
