/* What it costs to read a definition and to print it again: microseconds and allocations,
 * for 30 devices as a guest has them, and for 1, 10, 100 and 1,000. With ten times as many
 * devices it should cost ten times as much.
 *
 * usage: definitions
 *
 * Allocations are counted at malloc(), so those of GLib and libxml2 are in it. As in
 * bench.py nothing is judged; the lines that start with "# bench:" are the result.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>

#include "conf/domain_conf.h"

/* How long one size is measured. */
#define MEASURE_US G_USEC_PER_SEC
#define USUAL      30

static const guint sizes[] = {1, 10, 100, 1000};

/* --- counting ------------------------------------------------------------------------ */

/* glibc's own, behind those below. */
/* NOLINTBEGIN(bugprone-reserved-identifier): the names are glibc's */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

static guint64 allocations;

void *
malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

/* --- definitions ---------------------------------------------------------------------- */

/* xvda, ..., xvdz, xvdaa, ... (new string). */
static char *
disk_name(guint number)
{
    GString *name = g_string_new(NULL);

    g_string_prepend_c(name, (char)('a' + number % 26));
    while (number >= 26) {
        number = number / 26 - 1;
        g_string_prepend_c(name, (char)('a' + number % 26));
    }
    g_string_prepend(name, "xvd");
    return g_string_free(name, FALSE);
}

static void
add_disk(GString *xml, guint number)
{
    g_autofree char *name = disk_name(number);

    g_string_append_printf(xml,
                           "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
                           "<source file='/var/lib/images/%u.qcow2'/>"
                           "<target dev='%s' bus='xen'/></disk>",
                           number, name);
}

static void
add_interface(GString *xml, guint number)
{
    g_string_append_printf(xml,
                           "<interface type='bridge'><mac address='00:16:3e:00:%02x:%02x'/>"
                           "<source bridge='xenbr0'/><script path='vif-bridge'/></interface>",
                           number / 256, number % 256);
}

static void
add_channel(GString *xml, guint number)
{
    g_string_append_printf(xml,
                           "<channel type='unix'><source mode='bind' path='/run/c/%u'/>"
                           "<target type='xen' name='org.example.%u'/></channel>",
                           number, number);
}

/* A definition with @devices devices of the families that guests have most of. */
static char *
definition(guint devices)
{
    static void (*const families[])(GString *, guint) = {add_disk, add_interface, add_channel};
    GString *xml =
        g_string_new("<domain type='xen'><name>bench</name>"
                     "<uuid>7d1f4b0a-5c3e-4a52-9e6d-000000000001</uuid>"
                     "<memory unit='MiB'>512</memory><vcpu>2</vcpu>"
                     "<os><type arch='x86_64' machine='xenpv'>linux</type><kernel>/k</kernel></os>"
                     "<cpu mode='host-passthrough'/><clock offset='utc'/><devices>");

    for (guint i = 0; i < devices; i++)
        families[i % G_N_ELEMENTS(families)](xml, i / G_N_ELEMENTS(families));
    g_string_append(xml, "</devices></domain>");
    return g_string_free(xml, FALSE);
}

/* --- measuring -------------------------------------------------------------------------- */

static DomainDef *
parse(const char *xml)
{
    static const DomainParseDefaults defaults = {.arch = "x86_64"};
    g_autoptr(GError) error = NULL;
    DomainDef *def = domain_def_parse_string(xml, &defaults, DOMAIN_PARSE_INACTIVE, &error);

    if (!def)
        g_error("bench: %s", error->message);
    return def;
}

/* Parses and prints for a while, and says what it took. */
static void
measure(guint devices)
{
    g_autofree char *xml = definition(devices);
    gint64 parsing = 0, printing = 0;
    guint64 parsed = 0, printed = 0;
    guint rounds = 0;

    while (parsing + printing < MEASURE_US || rounds < 3) {
        gint64 begin = g_get_monotonic_time(), middle;
        guint64 before = allocations, between;
        g_autoptr(DomainDef) def = parse(xml);
        g_autofree char *text = NULL;

        middle = g_get_monotonic_time();
        between = allocations;
        text = domain_def_format(def, VIR_DOMAIN_XML_INACTIVE, NULL);
        parsing += middle - begin;
        printing += g_get_monotonic_time() - middle;
        parsed += between - before;
        printed += allocations - between;
        rounds++;
    }
    g_print("# bench: %5u devices: parse %9.1f us, %6" G_GUINT64_FORMAT
            " allocations; print %9.1f us, %6" G_GUINT64_FORMAT " allocations; a device %.1f us\n",
            devices, (double)parsing / rounds, parsed / rounds, (double)printing / rounds,
            printed / rounds, (double)(parsing + printing) / rounds / devices);
}

int
main(void)
{
    g_print("1..1\n");
    measure(USUAL);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
        measure(sizes[i]);
    g_print("ok 1 - definitions are read and printed\n");
    return 0;
}
