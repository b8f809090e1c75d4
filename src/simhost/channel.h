/* A channel or console of a simulated domain: the host's end (a UNIX socket that
 * is bound here, or a pty), the guest's end (a pty with a link to it) and the
 * relay between them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct SimChannel SimChannel;

/* What the toolstack asked for. */
typedef struct {
    guint devid;
    const char *name;
    const char *socket; /* path to listen at; NULL: a pty on the host too */
    const char *link;   /* path of the link to the guest's end */
} SimChannelConfig;

/* States of a frontend, as Xen numbers them. */
typedef enum {
    SIM_CHANNEL_INITIALISING = 1,
    SIM_CHANNEL_CONNECTED = 4,
    SIM_CHANNEL_CLOSED = 6,
} SimChannelState;

/* Makes both ends. As QEMU does, removes whatever is at the socket's path
 * first. The guest is not connected yet. Errors: VIR_ERR_INTERNAL_ERROR,
 * naming the path; then nothing is left. */
SimChannel *sim_channel_new(const SimChannelConfig *config, GError **error);

/* Closes both ends and removes the link and the socket, if it is still the one
 * that was made. */
void sim_channel_free(SimChannel *channel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimChannel, sim_channel_free)

guint sim_channel_get_devid(const SimChannel *channel);
const char *sim_channel_get_name(const SimChannel *channel);
/* The socket, or the host's end of the pty. */
const char *sim_channel_get_path(const SimChannel *channel);
bool sim_channel_is_pty(const SimChannel *channel);
SimChannelState sim_channel_get_state(const SimChannel *channel);

/* Bytes flow while the frontend is connected and the domain runs. */
void sim_channel_set_state(SimChannel *channel, SimChannelState state);
void sim_channel_set_running(SimChannel *channel, bool running);
