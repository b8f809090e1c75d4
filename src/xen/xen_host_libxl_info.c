/* Is this machine a Xen host that we can control, and what is it like?
 *
 * The check looks at files and sockets only. libxl and libxenstore are not asked
 * on a machine where they can't work: a request to a xenstored that is not there
 * would wait for it without end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

#define KIB 1024

G_STATIC_ASSERT(sizeof(((XenHostInfo *)NULL)->hw_cap) == sizeof(libxl_hwcap));

/* The kernel's door to the hypervisor; the second one on kernels without the
 * xen-privcmd module. */
#define PRIVCMD_DEVICE "/dev/xen/privcmd"
#define PRIVCMD_XENFS  "/proc/xen/privcmd"
/* Says "control_d" in the control domain. There if xenfs is mounted. */
#define CAPABILITIES   "/proc/xen/capabilities"
/* Written by xenstored, wherever it runs (a stub domain has no socket here). */
#define XENSTORED_PID  "/run/xen/xenstored.pid"

static bool
is_control_domain(void)
{
    g_autofree char *capabilities = NULL;

    if (!g_file_get_contents(CAPABILITIES, &capabilities, NULL, NULL))
        return true; /* libxl will tell */
    return strstr(capabilities, "control_d") != NULL;
}

static bool
is_store_there(void)
{
    g_autofree char *pid = NULL;
    int fd = xen_store_connect();

    if (fd >= 0) {
        close(fd);
        return true;
    }
    return g_file_get_contents(XENSTORED_PID, &pid, NULL, NULL) && g_str_has_prefix(pid, "domid:");
}

bool
xen_host_libxl_check_machine(GError **error)
{
    if (access(PRIVCMD_DEVICE, F_OK) != 0 && access(PRIVCMD_XENFS, F_OK) != 0)
        return virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                                _("this machine does not run Xen (no %s); boot it under Xen, or "
                                  "use --host sim for a simulated host"),
                                PRIVCMD_DEVICE);
    if (!is_control_domain())
        return virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                                _("this is a guest of Xen and not its control domain (%s); run "
                                  "in domain 0, or use --host sim for a simulated host"),
                                CAPABILITIES);
    if (access(PRIVCMD_DEVICE, R_OK | W_OK) != 0 && access(PRIVCMD_XENFS, R_OK | W_OK) != 0)
        return virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                                _("no permission to use %s; run as root, or use --host sim for a "
                                  "simulated host"),
                                PRIVCMD_DEVICE);
    if (!is_store_there())
        return virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                                _("xenstored is not running (nobody answers at %s); start "
                                  "xencommons, or use --host sim for a simulated host"),
                                xs_daemon_socket());
    return true;
}

/* "4.17", ".7-pre" -> 4017007 */
static guint64
get_version(const libxl_version_info *version)
{
    const char *extra = version->xen_version_extra;
    guint64 release = 0;

    if (extra && extra[0] == '.')
        release = g_ascii_strtoull(extra + 1, NULL, 10);
    return (guint64)version->xen_version_major * 1000000 +
           (guint64)version->xen_version_minor * 1000 + MIN(release, 999);
}

static void
fill_cpus(XenHostInfo *info, const libxl_physinfo *physinfo)
{
    info->cpus = physinfo->nr_cpus;
    info->mhz = physinfo->cpu_khz / 1000;
    info->nodes = MAX(physinfo->nr_nodes, 1);
    info->cores = MAX(physinfo->cores_per_socket, 1);
    info->threads = MAX(physinfo->threads_per_core, 1);
    info->sockets = MAX(info->cpus / (info->cores * info->threads * info->nodes), 1);
}

static GArray *
list_places(XenContext *context)
{
    int n = 0;
    libxl_cputopology *list = libxl_get_cpu_topology(context->libxl, &n);
    GArray *places = list ? g_array_new(FALSE, FALSE, sizeof(XenCpuPlace)) : NULL;

    for (int i = 0; list && i < n; i++) {
        XenCpuPlace place = {(guint)i, list[i].node, list[i].socket, list[i].core};

        if (list[i].core != LIBXL_CPUTOPOLOGY_INVALID_ENTRY)
            g_array_append_val(places, place);
    }
    if (list)
        libxl_cputopology_list_free(list, n);
    return places;
}

static GArray *
list_nodes(XenContext *context)
{
    int n = 0;
    libxl_numainfo *list = libxl_get_numainfo(context->libxl, &n);
    GArray *nodes = list ? xen_node_list_new() : NULL;

    for (int i = 0; list && i < n; i++) {
        XenNode node = {.distances = g_array_new(FALSE, FALSE, sizeof(guint))};

        if (list[i].size != LIBXL_NUMAINFO_INVALID_ENTRY)
            node.size_kib = list[i].size / KIB;
        g_array_append_vals(node.distances, list[i].dists, (guint)list[i].num_dists);
        g_array_append_val(nodes, node);
    }
    if (list)
        libxl_numainfo_list_free(list, n);
    return nodes;
}

bool
xen_host_libxl_get_info(XenContext *context, XenHostInfo *info, GError **error)
{
    const libxl_version_info *version = libxl_get_version_info(context->libxl);
    libxl_physinfo physinfo;
    struct utsname name;
    int rc, max_cpus;

    libxl_physinfo_init(&physinfo);
    rc = libxl_get_physinfo(context->libxl, &physinfo);
    max_cpus = libxl_get_max_cpus(context->libxl);
    if (rc || !version || max_cpus < 0) {
        libxl_physinfo_dispose(&physinfo);
        return xen_context_fail(context, rc ? rc : ERROR_FAIL, error,
                                _("Xen does not tell about this machine (is this its control "
                                  "domain?)"));
    }

    memset(info, 0, sizeof(*info));
    uname(&name);
    info->model = g_strdup(name.machine);
    info->memory_kib = physinfo.total_pages * ((guint64)version->pagesize / KIB);
    fill_cpus(info, &physinfo);
    info->max_vcpus = (guint)max_cpus;
    info->version = get_version(version);
    info->command_line = g_strdup(version->commandline);
    info->capabilities = g_strstrip(g_strdup(version->capabilities));
    info->has_hvm = physinfo.cap_hvm;
    info->has_hap = physinfo.cap_hap;
    info->cpu_places = list_places(context);
    info->node_list = list_nodes(context);
    memcpy(info->hw_cap, physinfo.hw_cap, sizeof(info->hw_cap));
    libxl_physinfo_dispose(&physinfo);
    return true;
}
