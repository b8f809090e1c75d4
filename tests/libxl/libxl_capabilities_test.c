/* The capabilities document: what it says, and that libvirt's schema takes it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_capabilities.h"

#include <string.h>
#include <unistd.h>

#define SCHEMA     "/usr/share/libvirt/schemas/capability.rng"
#define EMULATOR   "/usr/libexec/xen-qemu-system-i386"
#define LOADER     "/usr/lib/xen-4.17/boot/hvmloader"
#define HVM_LOADER "<loader>" LOADER "</loader>"

static const XenHostInfo small_host = {
    .model = (char *)"x86_64",
    .memory_kib = 4193776,
    .cpus = 2,
    .mhz = 2596,
    .nodes = 1,
    .sockets = 1,
    .cores = 2,
    .threads = 1,
    .max_vcpus = 2,
    .version = 4017007,
    .capabilities = (char *)"xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64",
    .has_hvm = true,
    .has_hap = true,
};

static char *
format(const XenHostInfo *info)
{
    g_autoptr(GError) error = NULL;
    char *xml = libxl_capabilities_format(info, NULL, EMULATOR, LOADER, &error);

    g_assert_no_error(error);
    return xml;
}

/* How often @part is in @text. */
static guint
count(const char *text, const char *part)
{
    guint n = 0;

    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        n++;
    return n;
}

/* As libvirt's Xen driver has them on this host, in its order. */
static void
test_guests(void)
{
    static const char *const parts[] = {
        "<os_type>xen</os_type>",
        "<arch name='x86_64'>",
        "<os_type>hvm</os_type>",
        "<arch name='i686'>",
        HVM_LOADER,
        "<machine>xenfv</machine>",
        "<pae/>",
        "<nonpae/>",
        "<acpi default='on' toggle='yes'/>",
        "<apic default='on' toggle='no'/>",
        "<hap default='on' toggle='yes'/>",
        "<os_type>xenpvh</os_type>",
        "<arch name='i686'>",
        "<machine>xenpvh</machine>",
        "<os_type>hvm</os_type>",
        "<arch name='x86_64'>",
        "<os_type>xenpvh</os_type>",
        "<arch name='x86_64'>",
        "</capabilities>",
    };
    g_autofree char *xml = format(&small_host);
    const char *at = xml;

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        at = strstr(at, parts[i]);
        if (!at)
            g_error("no %s (number %zu) in %s", parts[i], i, xml);
        at += strlen(parts[i]);
    }
    g_assert_cmpuint(count(xml, "<guest>"), ==, 5);
    g_assert_cmpuint(count(xml, "<emulator>" EMULATOR "</emulator>"), ==, 5);
    g_assert_cmpuint(count(xml, "<pae/>"), ==, 1);
}

static void
test_without_hvm(void)
{
    XenHostInfo info = small_host;
    g_autofree char *xml = NULL;

    info.capabilities = (char *)"xen-3.0-x86_64 xen-3.0-x86_32p";
    xml = format(&info);
    g_assert_cmpuint(count(xml, "<guest>"), ==, 2);
    g_assert_cmpuint(count(xml, "xenfv"), ==, 0);
}

/* Nonsense in Xen's list, or an architecture of the future, is passed over. */
static void
test_unknown_abi(void)
{
    XenHostInfo info = small_host;
    g_autofree char *xml = NULL;
    g_autofree char *none = NULL;

    info.capabilities = (char *)" p xen- xen-3.0-riscv64 -- hvm-3.0-p xen-3.0-x86_64 ";
    xml = format(&info);
    g_assert_cmpuint(count(xml, "<guest>"), ==, 1);
    info.capabilities = NULL;
    none = format(&info);
    g_assert_cmpuint(count(none, "<guest>"), ==, 0);
}

/* A host of @nodes nodes, each a socket of two cores with two threads each. */
static XenHostInfo
make_numa_host(guint nodes)
{
    XenHostInfo info = small_host;

    info.nodes = nodes;
    info.node_list = xen_node_list_new();
    info.cpu_places = g_array_new(FALSE, FALSE, sizeof(XenCpuPlace));
    for (guint i = 0; i < nodes; i++) {
        XenNode node = {1024, g_array_new(FALSE, FALSE, sizeof(guint))};

        for (guint j = 0; j < nodes; j++) {
            const guint distance = i == j ? 10 : 21;

            g_array_append_val(node.distances, distance);
        }
        g_array_append_val(info.node_list, node);
    }
    for (guint i = 0; i < 4 * nodes; i++) {
        XenCpuPlace place = {.id = i, .node = i / 4, .socket = i / 4, .core = i % 4 / 2};

        g_array_append_val(info.cpu_places, place);
    }
    return info;
}

static void
clear_numa_host(XenHostInfo *info)
{
    g_array_unref(info->node_list);
    g_array_unref(info->cpu_places);
}

static void
test_nodes(void)
{
    XenHostInfo info = make_numa_host(2);
    g_autofree char *xml = format(&info);

    clear_numa_host(&info);
    g_assert_nonnull(strstr(xml, "<cells num='2'>"));
    g_assert_nonnull(strstr(xml, "<cell id='1'>\n          <memory unit='KiB'>1024</memory>\n"
                                 "          <distances>\n"
                                 "            <sibling id='0' value='21'/>\n"
                                 "            <sibling id='1' value='10'/>\n"
                                 "          </distances>\n"
                                 "          <cpus num='4'>\n"
                                 "            <cpu id='4' socket_id='1' die_id='0' core_id='0' "
                                 "siblings='4-5'/>\n"));
}

static void
test_unknown_topology_is_left_out(void)
{
    g_autofree char *xml = format(&small_host);

    g_assert_cmpuint(count(xml, "<cells"), ==, 0);
}

static void
replace(char **text, const char *old, const char *new)
{
    g_auto(GStrv) parts = g_strsplit(*text, old, -1);

    g_free(*text);
    *text = g_strjoinv(new, parts);
}

/* The schema of libvirt 9.0 knows neither the os type xenpvh nor <netprefix>,
 * which its Xen driver writes: they are left out of what it is asked. */
static void
test_schema(void)
{
    XenHostInfo info = make_numa_host(2);
    g_autofree char *xml = format(&info);
    g_autofree char *path = NULL;
    g_autofree char *problems = NULL;
    g_autoptr(GError) error = NULL;
    const char *argv[] = {"xmllint", "--noout", "--relaxng", SCHEMA, NULL, NULL};
    int fd, status = 0;

    clear_numa_host(&info);
    if (access(SCHEMA, R_OK) != 0) {
        g_test_skip("no schema of libvirt's here");
        return;
    }
    replace(&xml, "<os_type>xenpvh<", "<os_type>hvm<");
    replace(&xml, "<machine>xenpvh<", "<machine>xenfv<");
    replace(&xml, "    <netprefix>vif</netprefix>\n", "");

    fd = g_file_open_tmp("capabilities-XXXXXX", &path, &error);
    g_assert_no_error(error);
    close(fd);
    g_assert_true(g_file_set_contents(path, xml, -1, NULL));
    argv[4] = path;
    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &problems,
                      &status, &error))
        g_test_skip("no xmllint here");
    else if (status != 0)
        g_error("%s\n%s", problems, xml);
    unlink(path);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/libxl/capabilities/guests", test_guests);
    g_test_add_func("/libxl/capabilities/without-hvm", test_without_hvm);
    g_test_add_func("/libxl/capabilities/unknown-abi", test_unknown_abi);
    g_test_add_func("/libxl/capabilities/nodes", test_nodes);
    g_test_add_func("/libxl/capabilities/unknown-topology", test_unknown_topology_is_left_out);
    g_test_add_func("/libxl/capabilities/schema", test_schema);
    return g_test_run();
}
