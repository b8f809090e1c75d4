/* What is said to the agent in a guest (qemu-ga) and what it says: bytes and JSON, and
 * nothing of domains and sockets.
 *
 * A command is a JSON object on a line, and so is its reply: {"return": VALUE} or
 * {"error": {"class": ..., "desc": ...}}. Nothing but the order ties a reply to its
 * command, and the last one who asked may not have waited. So the agent is first asked to
 * repeat a number: all that comes before that is old (libxl_agent_session.c).
 *
 * The byte 0xFF is in no JSON. It makes an agent forget half a command that it has got,
 * and an agent that knows guest-sync-delimited sends one before it answers that, for us to
 * forget half a reply.
 *
 * What comes may be anything. A reply has limits: its bytes, how many values it has and how
 * deep they are. What is no reply is skipped.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

/* Bytes that an agent may say before its answer ends, all in all. It is what libvirt
 * allows. */
#define LIBXL_AGENT_REPLY_MAX  (10 * 1024 * 1024)
/* Each costs hundreds of bytes once it is parsed. */
#define LIBXL_AGENT_VALUES_MAX 100000
#define LIBXL_AGENT_DEPTH_MAX  32

/* A command, owned by the caller. Takes @arguments (NULL: none). */
json_object *libxl_agent_command_new(const char *name, json_object *arguments);

/* What a client wants to have executed. Errors: VIR_ERR_INVALID_ARG if it is no JSON
 * object, or one beyond the limits. */
json_object *libxl_agent_command_parse(const char *text, GError **error);

/* What it executes, as messages call it. Of @command. */
const char *libxl_agent_command_get_name(json_object *command);

/* Compact, on one line: as clients get replies, */
char *libxl_agent_json_format(json_object *object);
/* and, with a newline, as a command is sent. */
char *libxl_agent_command_format(json_object *command);

/* A command that asks for @id, with what makes an agent listen to it. */
char *libxl_agent_command_format_sync(guint32 id, bool delimited);

typedef struct {
    json_object *message; /* owned; the two below are parts of it */
    json_object *value;   /* what it returns; NULL: null, or an error */
    json_object *error;   /* NULL: none */
} LibxlAgentReply;

void libxl_agent_reply_clear(LibxlAgentReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LibxlAgentReply, libxl_agent_reply_clear)

/* Is it the answer to that sync? */
bool libxl_agent_reply_is_sync(const LibxlAgentReply *reply, guint32 id);
/* Does it say that the agent has no such command, or may not execute it? */
bool libxl_agent_reply_is_unknown_command(const LibxlAgentReply *reply);
/* What it complains of, in its own words if it has any. Of @reply, which is an error. */
const char *libxl_agent_reply_get_complaint(const LibxlAgentReply *reply);

/* Puts replies together. */
typedef struct {
    GByteArray *bytes; /* of a line that has not ended */
    gsize searched;    /* of them: in these there is no newline */
    gsize taken;       /* since libxl_agent_reader_reset() */
} LibxlAgentReader;

void libxl_agent_reader_init(LibxlAgentReader *reader);
void libxl_agent_reader_clear(LibxlAgentReader *reader);

/* Forgets all. */
void libxl_agent_reader_reset(LibxlAgentReader *reader);

/* False if these are more than LIBXL_AGENT_REPLY_MAX. */
bool libxl_agent_reader_add(LibxlAgentReader *reader, const guint8 *data, gsize size);

/* The next complete reply, or false. */
bool libxl_agent_reader_next(LibxlAgentReader *reader, LibxlAgentReply *reply);
