/* Measures calls of many clients at once on two daemons that have many domains.
 *
 * usage: crowd CLIENTS DOMAINS KERNEL PID URI TYPE PID URI TYPE
 *
 * As calls.c does, but each daemon has so many clients, each with a connection and a
 * thread of its own, that call at the same time; it is the daemons that take turns.
 * What asks for all domains is called by one client alone. As the clients take more of the
 * machine than the daemon, a line also has how many calls it answered in a second of its own
 * CPU time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "peers.h"

#include <stdlib.h>
#include <time.h>

#define TURNS      5
#define TURN_US    (G_USEC_PER_SEC / 2)
/* A turn of what takes seconds is one call. */
#define LONG_TURNS 1

/* The clients of one daemon. */
typedef struct {
    Peer *members;
    guint n_members;
    clockid_t cpu; /* the daemon's */
} Crowd;

typedef struct {
    PeerTally tally;
    gint64 cpu_us;
} CrowdTally;

/* What one of them does in a turn. */
typedef struct {
    const char *name;
    PeerCall call;
    Peer *peer;
    PeerTally tally;
} Part;

static gpointer
take_part(gpointer data)
{
    Part *part = data;

    peer_take_turn(part->name, part->call, part->peer, 1, TURN_US, &part->tally);
    return NULL;
}

static void
take_turn(const char *name, PeerCall call, const Crowd *crowd, PeerTally *tally)
{
    g_autofree GThread **threads = g_new(GThread *, crowd->n_members);
    g_autofree Part *parts = g_new0(Part, crowd->n_members);
    gint64 begin = g_get_monotonic_time();

    for (guint i = 0; i < crowd->n_members; i++) {
        parts[i] = (Part){.name = name, .call = call, .peer = &crowd->members[i]};
        threads[i] = g_thread_new("client", take_part, &parts[i]);
    }
    for (guint i = 0; i < crowd->n_members; i++) {
        g_thread_join(threads[i]);
        tally->calls += parts[i].tally.calls;
    }
    tally->us += g_get_monotonic_time() - begin;
}

static gint64
get_cpu_us(const Crowd *crowd)
{
    struct timespec used;

    if (clock_gettime(crowd->cpu, &used) < 0)
        g_error("a daemon has ended");
    return used.tv_sec * G_USEC_PER_SEC + used.tv_nsec / 1000;
}

static void
print(const char *name, const CrowdTally tallies[2])
{
    g_print("%s", name);
    for (int i = 0; i < 2; i++)
        g_print(" %.2f",
                (double)tallies[i].tally.calls * G_USEC_PER_SEC / (double)tallies[i].tally.us);
    for (int i = 0; i < 2; i++)
        g_print(" %.2f", (double)tallies[i].tally.calls * G_USEC_PER_SEC /
                             (double)MAX(tallies[i].cpu_us, 1));
    g_print("\n");
}

/* @alone_calls: so many, by the first client; 0: by all of them for the time of a turn. */
static void
measure(const char *name, PeerCall call, const Crowd crowds[2], int alone_calls)
{
    int turns = 2 * (alone_calls ? LONG_TURNS : TURNS);
    CrowdTally tallies[2] = {0};

    for (int turn = 0; turn < turns; turn++) {
        const Crowd *crowd = &crowds[turn % 2];
        CrowdTally *tally = &tallies[turn % 2];
        gint64 cpu_us = get_cpu_us(crowd);

        if (alone_calls)
            peer_take_turn(name, call, &crowd->members[0], alone_calls, 0, &tally->tally);
        else
            take_turn(name, call, crowd, &tally->tally);
        tally->cpu_us += get_cpu_us(crowd) - cpu_us;
    }
    print(name, tallies);
}

static void
crowd_open(Crowd *crowd, guint clients, const char *name, const char *kernel, char **argv,
           int domains)
{
    if (clock_getcpuclockid((pid_t)g_ascii_strtoll(argv[0], NULL, 10), &crowd->cpu) != 0)
        peer_fail(argv[0]);
    crowd->members = g_new0(Peer, clients);
    crowd->n_members = clients;
    for (guint i = 0; i < clients; i++)
        peer_open(&crowd->members[i], name, kernel, argv + 1, domains);
}

/* All ask about one domain, each by its own connection. */
static void
crowd_start(Crowd *crowd)
{
    peer_start(&crowd->members[0]);
    for (guint i = 1; i < crowd->n_members; i++) {
        Peer *member = &crowd->members[i];

        member->running =
            virDomainLookupByName(member->connection, virDomainGetName(crowd->members[0].running));
        if (!member->running)
            peer_fail("lookup");
    }
}

static void
crowd_close(Crowd *crowd)
{
    for (guint i = 0; i < crowd->n_members; i++)
        peer_close(&crowd->members[i]);
    g_free(crowd->members);
}

int
main(int argc, char **argv)
{
    Crowd crowds[2] = {0};
    guint clients;
    int domains;

    if (argc != 10) {
        g_printerr("usage: crowd CLIENTS DOMAINS KERNEL PID URI TYPE PID URI TYPE\n");
        return EXIT_FAILURE;
    }
    clients = (guint)g_ascii_strtoull(argv[1], NULL, 10);
    domains = (int)g_ascii_strtoll(argv[2], NULL, 10);
    for (int i = 0; i < 2; i++)
        crowd_open(&crowds[i], clients, i == 0 ? "first" : "second", argv[3], &argv[4 + 3 * i],
                   domains);

    measure("define", peer_define, crowds, domains / LONG_TURNS);
    for (int i = 0; i < 2; i++)
        crowd_start(&crowds[i]);
    measure("getInfo", peer_get_info, crowds, 0);
    measure("getXMLDesc", peer_get_xml_desc, crowds, 0);
    measure("lookupByName", peer_lookup_by_name, crowds, 0);
    measure("lookupByID", peer_lookup_by_id, crowds, 0);
    measure("listAllDomains", peer_list_all, crowds, 5);
    measure("list-and-dump-all", peer_dump_all, crowds, 1);

    for (int i = 0; i < 2; i++)
        crowd_close(&crowds[i]);
    return EXIT_SUCCESS;
}
