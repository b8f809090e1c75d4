/* What the benchmarks of calls share: two daemons that get the same calls through
 * libvirt's own client library, and how many a second each answers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

/* One connection to one daemon. */
typedef struct {
    virConnectPtr connection;
    const char *name; /* part of its domains' names: both may be on one host */
    const char *type;
    const char *kernel;
    virDomainPtr running; /* the first that was defined */
    int domains;
    guint defined;
} Peer;

typedef bool (*PeerCall)(Peer *peer);

/* What a daemon has answered, and the time that it took. */
typedef struct {
    guint64 calls;
    gint64 us;
} PeerTally;

/* Each ends the program if it fails. @argv: URI and type of domains. */
void peer_open(Peer *peer, const char *name, const char *kernel, char **argv, int domains);
void peer_start(Peer *peer);
void peer_close(Peer *peer);
G_NORETURN void peer_fail(const char *what);

/* Calls at least @min_calls times and for at least @min_us; adds to @tally. */
void peer_take_turn(const char *name, PeerCall call, Peer *peer, int min_calls, gint64 min_us,
                    PeerTally *tally);
/* The line that bench.py reads. @name is one word. */
void peer_print(const char *name, const PeerTally tallies[2]);

/* Calls. False: it failed. */
bool peer_define(Peer *peer);
bool peer_get_info(Peer *peer);
bool peer_get_xml_desc(Peer *peer);
bool peer_lookup_by_id(Peer *peer);
bool peer_lookup_by_name(Peer *peer);
bool peer_list_all(Peer *peer);
/* And the XML of each. */
bool peer_dump_all(Peer *peer);
