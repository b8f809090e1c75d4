/* Measures calls of libvirt's public API on two daemons, through libvirt's own
 * client library.
 *
 * usage: calls DOMAINS KERNEL URI TYPE URI TYPE
 *
 * Defines so many domains of each daemon's type ("xen", "test"), all with the
 * guest kernel KERNEL, starts the first of them, and makes calls on one connection to each daemon, one call after the
 * other. The daemons take turns of a fraction of a second, so that whatever else
 * the machine does slows both. Prints a line for each kind of call: its name and
 * how many a second the first and the second daemon answered.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>
#include <stdlib.h>

#define TURNS   10
/* How long a turn is. */
#define TURN_US (G_USEC_PER_SEC / 5)

/* One daemon. */
typedef struct {
    virConnectPtr connection;
    const char *name; /* part of its domains' names: both may be on one host */
    const char *type;
    const char *kernel;
    virDomainPtr running;
    int domains;
    guint defined;
} Peer;

static const char domain_xml[] = "<domain type='%s'>"
                                 "  <name>bench-%s-%u</name>"
                                 "  <memory unit='MiB'>96</memory>"
                                 "  <vcpu>1</vcpu>"
                                 "  <os><type>linux</type><kernel>%s</kernel></os>"
                                 "  <devices><console type='pty'/></devices>"
                                 "</domain>";

static void
fail(const char *what)
{
    g_printerr("calls: %s: %s\n", what, virGetLastErrorMessage());
    exit(EXIT_FAILURE);
}

static bool
define_domain(Peer *peer)
{
    g_autofree char *xml =
        g_strdup_printf(domain_xml, peer->type, peer->name, peer->defined++, peer->kernel);
    virDomainPtr domain = virDomainDefineXML(peer->connection, xml);

    if (!domain)
        return false;
    if (!peer->running)
        peer->running = domain;
    else
        virDomainFree(domain);
    return true;
}

static bool
get_info(Peer *peer)
{
    virDomainInfo info;

    return virDomainGetInfo(peer->running, &info) == 0;
}

static bool
get_xml_desc(Peer *peer)
{
    char *xml = virDomainGetXMLDesc(peer->running, 0);
    bool ok = xml;

    free(xml);
    return ok;
}

static bool
list_all_domains(Peer *peer)
{
    virDomainPtr *domains;
    int count = virConnectListAllDomains(peer->connection, &domains, 0);

    if (count < peer->domains)
        return false;
    for (int i = 0; i < count; i++)
        virDomainFree(domains[i]);
    free(domains);
    return true;
}

/* Calls at least @min_calls times and for at least @min_us; adds to @calls and
 * @us what it took. */
static void
take_turn(const char *name, bool (*call)(Peer *), Peer *peer, int min_calls, gint64 min_us,
          guint *calls, gint64 *us)
{
    gint64 begin = g_get_monotonic_time();
    gint64 elapsed = 0;

    for (int done = 0; done < min_calls || elapsed < min_us; done++) {
        if (!call(peer))
            fail(name);
        (*calls)++;
        elapsed = g_get_monotonic_time() - begin;
    }
    *us += elapsed;
}

static void
measure(const char *name, bool (*call)(Peer *), Peer peers[2], int min_calls, gint64 min_us)
{
    guint calls[2] = {0};
    gint64 us[2] = {0};

    for (int turn = 0; turn < 2 * TURNS; turn++)
        take_turn(name, call, &peers[turn % 2], min_calls, min_us, &calls[turn % 2], &us[turn % 2]);
    g_print("%s", name);
    for (int i = 0; i < 2; i++)
        g_print(" %.1f", calls[i] * (double)G_USEC_PER_SEC / (double)us[i]);
    g_print("\n");
}

static void
open_peer(Peer *peer, const char *name, const char *kernel, char **argv, int domains)
{
    peer->name = name;
    peer->kernel = kernel;
    peer->connection = virConnectOpen(argv[0]);
    peer->type = argv[1];
    peer->domains = domains;
    if (!peer->connection)
        fail(argv[0]);
}

static void
close_peer(Peer *peer)
{
    virDomainDestroy(peer->running); /* it may have ended by itself */
    virDomainFree(peer->running);
    virConnectClose(peer->connection);
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
        open_peer(&peers[i], i == 0 ? "first" : "second", argv[2], &argv[3 + 2 * i], domains);

    measure("define", define_domain, peers, domains / TURNS, 0);
    for (int i = 0; i < 2; i++) {
        if (virDomainCreate(peers[i].running) < 0)
            fail("create");
    }
    measure("getInfo", get_info, peers, 1, TURN_US);
    measure("getXMLDesc", get_xml_desc, peers, 1, TURN_US);
    measure("listAllDomains", list_all_domains, peers, 1, TURN_US);

    for (int i = 0; i < 2; i++)
        close_peer(&peers[i]);
    return EXIT_SUCCESS;
}
