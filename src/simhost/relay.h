/* Bytes both ways between the host's end of a channel and the guest's.
 *
 * Each direction has a buffer of 64 KiB. An end is read only while its buffer
 * has room and written only while the other's has bytes, so whoever does not
 * read stalls whoever writes to it, and nothing grows.
 *
 * The guest's end is there from start to stop. The host's end comes and goes
 * (a client of a socket); while there is none, the guest is not read, so its
 * bytes wait for the next client.
 *
 * A host end that half-closes is read to its end and goes on being written to
 * until it closes altogether: the reply is not lost. One that closes leaves
 * what it wrote, and the guest gets it. (QEMU drops a client on half-close, and
 * drops what a guest writes while there is none.)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define SIM_RELAY_BUFFER_SIZE 65536

typedef struct SimRelay SimRelay;

/* The host's end has closed, and all that it wrote is read; its descriptor is
 * the callee's to close, and the relay no longer has it. */
typedef void (*SimRelayClosedFunc)(int fd, gpointer user_data);

/* @guest is a non-blocking descriptor that outlives the relay. The relay is
 * not active yet. */
SimRelay *sim_relay_new(int guest, SimRelayClosedFunc closed, gpointer user_data);
void sim_relay_free(SimRelay *relay);

/* An inactive relay still takes bytes from the host, as far as its buffer
 * holds them, but neither reads the guest nor writes to it. */
void sim_relay_set_active(SimRelay *relay, bool active);

/* @fd: the new host's end, non-blocking, or -1 for none. Stays the caller's. */
void sim_relay_set_host(SimRelay *relay, int fd);
