/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peers.h"

#include <libvirt/virterror.h>
#include <stdlib.h>

static const char domain_xml[] = "<domain type='%s'>"
                                 "  <name>bench-%s-%u</name>"
                                 "  <memory unit='MiB'>96</memory>"
                                 "  <vcpu>1</vcpu>"
                                 "  <os><type>linux</type><kernel>%s</kernel></os>"
                                 "  <devices><console type='pty'/></devices>"
                                 "</domain>";

void
peer_fail(const char *what)
{
    g_printerr("bench: %s: %s\n", what, virGetLastErrorMessage());
    exit(EXIT_FAILURE);
}

void
peer_open(Peer *peer, const char *name, const char *kernel, char **argv, int domains)
{
    peer->name = name;
    peer->kernel = kernel;
    peer->connection = virConnectOpen(argv[0]);
    peer->type = argv[1];
    peer->domains = domains;
    if (!peer->connection)
        peer_fail(argv[0]);
}

void
peer_start(Peer *peer)
{
    if (virDomainCreate(peer->running) < 0)
        peer_fail("create");
}

void
peer_close(Peer *peer)
{
    virDomainDestroy(peer->running); /* it may have ended by itself */
    virDomainFree(peer->running);
    virConnectClose(peer->connection);
}

/* --- calls ------------------------------------------------------------------------ */

bool
peer_define(Peer *peer)
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

bool
peer_get_info(Peer *peer)
{
    virDomainInfo info;

    return virDomainGetInfo(peer->running, &info) == 0;
}

static bool
dump(virDomainPtr domain)
{
    char *xml = virDomainGetXMLDesc(domain, 0);
    bool ok = xml;

    free(xml);
    return ok;
}

bool
peer_get_xml_desc(Peer *peer)
{
    return dump(peer->running);
}

static bool
is_found(virDomainPtr domain)
{
    if (domain)
        virDomainFree(domain);
    return domain;
}

bool
peer_lookup_by_id(Peer *peer)
{
    return is_found(virDomainLookupByID(peer->connection, (int)virDomainGetID(peer->running)));
}

bool
peer_lookup_by_name(Peer *peer)
{
    return is_found(virDomainLookupByName(peer->connection, virDomainGetName(peer->running)));
}

static bool
list_all(Peer *peer, bool (*visit)(virDomainPtr domain))
{
    virDomainPtr *domains;
    int count = virConnectListAllDomains(peer->connection, &domains, 0);
    bool ok = count >= peer->domains;

    for (int i = 0; i < count; i++) {
        ok = ok && (!visit || visit(domains[i]));
        virDomainFree(domains[i]);
    }
    if (count >= 0)
        free(domains);
    return ok;
}

bool
peer_list_all(Peer *peer)
{
    return list_all(peer, NULL);
}

bool
peer_dump_all(Peer *peer)
{
    return list_all(peer, dump);
}

/* --- measuring -------------------------------------------------------------------- */

void
peer_take_turn(const char *name, PeerCall call, Peer *peer, int min_calls, gint64 min_us,
               PeerTally *tally)
{
    gint64 begin = g_get_monotonic_time();
    gint64 elapsed = 0;

    for (int done = 0; done < min_calls || elapsed < min_us; done++) {
        if (!call(peer))
            peer_fail(name);
        tally->calls++;
        elapsed = g_get_monotonic_time() - begin;
    }
    tally->us += elapsed;
}

void
peer_print(const char *name, const PeerTally tallies[2])
{
    g_print("%s", name);
    for (int i = 0; i < 2; i++)
        g_print(" %.1f", (double)tallies[i].calls * G_USEC_PER_SEC / (double)tallies[i].us);
    g_print("\n");
}
