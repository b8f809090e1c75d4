/* Measures calls of libvirt's public API through libvirt's own client library.
 *
 * usage: calls URI TYPE DOMAINS
 *
 * Defines so many domains of this type ("xen", "test"), starts the first of
 * them, and calls on one connection, one call after the other. Prints a line
 * for each kind of call: its name and how many a second were answered.
 * tests/bench/bench.py compares two daemons by it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>
#include <stdlib.h>

/* How long each kind of call is repeated. */
#define MEASURE_US (2 * G_USEC_PER_SEC)

typedef struct {
    virConnectPtr connection;
    const char *type;
    virDomainPtr running;
    guint domains;
    guint defined;
} Bench;

static const char domain_xml[] =
    "<domain type='%s'>"
    "  <name>bench-%u</name>"
    "  <memory unit='MiB'>8</memory>"
    "  <vcpu>1</vcpu>"
    "  <os><type>linux</type><kernel>/boot/guest-kernel</kernel></os>"
    "  <devices>"
    "    <console type='pty'/>"
    "    <channel type='pty'><target type='virtio' name='org.example.bench'/></channel>"
    "  </devices>"
    "</domain>";

static void
fail(const char *what)
{
    g_printerr("calls: %s: %s\n", what, virGetLastErrorMessage());
    exit(EXIT_FAILURE);
}

static bool
define_domain(Bench *bench)
{
    g_autofree char *xml = g_strdup_printf(domain_xml, bench->type, bench->defined++);
    virDomainPtr domain = virDomainDefineXML(bench->connection, xml);

    if (!domain)
        return false;
    if (!bench->running)
        bench->running = domain;
    else
        virDomainFree(domain);
    return true;
}

static bool
get_info(Bench *bench)
{
    virDomainInfo info;

    return virDomainGetInfo(bench->running, &info) == 0;
}

static bool
get_xml_desc(Bench *bench)
{
    char *xml = virDomainGetXMLDesc(bench->running, 0);
    bool ok = xml;

    free(xml);
    return ok;
}

static bool
list_all_domains(Bench *bench)
{
    virDomainPtr *domains;
    int count = virConnectListAllDomains(bench->connection, &domains, 0);

    if (count < (int)bench->domains)
        return false;
    for (int i = 0; i < count; i++)
        virDomainFree(domains[i]);
    free(domains);
    return true;
}

/* Calls at least @min_calls times and for at least @min_us. */
static void
measure(const char *name, bool (*call)(Bench *), Bench *bench, guint min_calls, gint64 min_us)
{
    gint64 begin = g_get_monotonic_time();
    gint64 elapsed = 0;
    guint calls = 0;

    while (calls < min_calls || elapsed < min_us) {
        if (!call(bench))
            fail(name);
        calls++;
        elapsed = g_get_monotonic_time() - begin;
    }
    g_print("%s %.1f\n", name, calls * (double)G_USEC_PER_SEC / (double)elapsed);
}

int
main(int argc, char **argv)
{
    Bench bench = {0};

    if (argc != 4) {
        g_printerr("usage: calls URI TYPE DOMAINS\n");
        return EXIT_FAILURE;
    }
    bench.type = argv[2];
    bench.domains = (guint)g_ascii_strtoull(argv[3], NULL, 10);
    bench.connection = virConnectOpen(argv[1]);
    if (!bench.connection)
        fail(argv[1]);

    measure("define", define_domain, &bench, bench.domains, 0);
    if (virDomainCreate(bench.running) < 0)
        fail("create");
    measure("getInfo", get_info, &bench, 1, MEASURE_US);
    measure("getXMLDesc", get_xml_desc, &bench, 1, MEASURE_US);
    measure("listAllDomains", list_all_domains, &bench, 1, MEASURE_US);

    virDomainDestroy(bench.running);
    virDomainFree(bench.running);
    virConnectClose(bench.connection);
    return EXIT_SUCCESS;
}
