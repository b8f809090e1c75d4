/* Measures calls of libvirt's public API on two daemons, one call after the other.
 *
 * usage: calls DOMAINS KERNEL URI TYPE URI TYPE
 *
 * Defines so many domains of each daemon's type ("xen", "test"), all with the
 * guest kernel KERNEL, starts the first of them, and makes calls on one connection to
 * each daemon. The daemons take turns of a fraction of a second, so that whatever else
 * the machine does slows both. Prints a line for each kind of call: its name and
 * how many a second the first and the second daemon answered.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "peers.h"

#include <stdlib.h>

#define TURNS   10
/* How long a turn is. */
#define TURN_US (G_USEC_PER_SEC / 5)

static void
measure(const char *name, PeerCall call, Peer peers[2], int min_calls, gint64 min_us)
{
    PeerTally tallies[2] = {0};

    for (int turn = 0; turn < 2 * TURNS; turn++)
        peer_take_turn(name, call, &peers[turn % 2], min_calls, min_us, &tallies[turn % 2]);
    peer_print(name, tallies);
}

int
main(int argc, char **argv)
{
    Peer peers[2] = {0};
    int domains;

    if (argc != 7) {
        g_printerr("usage: calls DOMAINS KERNEL URI TYPE URI TYPE\n");
        return EXIT_FAILURE;
    }
    domains = (int)g_ascii_strtoll(argv[1], NULL, 10);
    for (int i = 0; i < 2; i++)
        peer_open(&peers[i], i == 0 ? "first" : "second", argv[2], &argv[3 + 2 * i], domains);

    measure("define", peer_define, peers, domains / TURNS, 0);
    for (int i = 0; i < 2; i++)
        peer_start(&peers[i]);
    measure("getInfo", peer_get_info, peers, 1, TURN_US);
    measure("getXMLDesc", peer_get_xml_desc, peers, 1, TURN_US);
    measure("listAllDomains", peer_list_all, peers, 1, TURN_US);

    for (int i = 0; i < 2; i++)
        peer_close(&peers[i]);
    return EXIT_SUCCESS;
}
