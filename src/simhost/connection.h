/* One client of the simulated host: lines in, lines out.
 *
 * A line that is too long, or a client that does not read what it asked for,
 * ends this connection and nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A request's longest line: a domain's XML as userdata fits many times. */
#define SIM_MAX_LINE   (16 * 1024 * 1024)
/* What may wait for a client that does not read. */
#define SIM_MAX_OUTPUT (64 * 1024 * 1024)

typedef struct SimConnection SimConnection;

typedef struct {
    /* @line is without its newline and ends in a NUL beside. */
    void (*line)(SimConnection *connection, const char *line, gsize length, gpointer user_data);
    /* The client has gone or was dropped; the callee frees @connection. Called
     * from the main loop, never from within a function of this file. */
    void (*closed)(SimConnection *connection, gpointer user_data);
} SimConnectionCallbacks;

/* Takes over @fd, a non-blocking stream socket. */
SimConnection *sim_connection_new(int fd, const SimConnectionCallbacks *callbacks,
                                  gpointer user_data);
void sim_connection_free(SimConnection *connection);

/* Puts @text and a newline in line. */
void sim_connection_send(SimConnection *connection, const char *text);
/* Writes what the client takes at once. */
void sim_connection_flush(SimConnection *connection);

/* Has the client gone, though closed() has not been called yet? */
bool sim_connection_is_hung_up(const SimConnection *connection);
/* The client's process id. */
gint64 sim_connection_get_pid(const SimConnection *connection);
