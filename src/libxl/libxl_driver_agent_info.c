/* The calls that ask the agent in a guest what the guest is and has: see
 * libxl_driver_agent.h. What they have in common is in libxl_driver_agent.c; what an
 * answer means is in libxl_agent_reply.c and libxl_agent_vcpus.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/disk_conf.h"
#include "libxl/libxl_agent_reply.h"
#include "libxl/libxl_agent_vcpus.h"
#include "libxl/libxl_driver_agent.h"
#include "libxl/libxl_driver_agent_private.h"
#include "libxl/libxl_params.h"
#include "util/i18n.h"

/* The names of the disks that the domain has now. */
static GStrv
get_disk_targets(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    g_autoptr(LibxlDomain) domain = libxl_driver_find(driver, uuid, error);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    if (!domain)
        return NULL;
    g_mutex_lock(&domain->lock);
    for (guint i = 0; domain->live && i < domain->live->disks->len; i++)
        g_strv_builder_add(builder, ((DomainDiskDef *)domain->live->disks->pdata[i])->target);
    g_mutex_unlock(&domain->lock);
    return g_strv_builder_end(builder);
}

/* --- guest information ------------------------------------------------------------- */

static bool
add_info(LibxlDriver *driver, const guint8 *uuid, guint type, const char *const *targets,
         GArray *params, GError **error)
{
    const char *name = libxl_agent_info_command(type);
    json_object *value;
    json_object *reply = libxl_driver_agent_call(driver, uuid, name, NULL, &value, error);
    bool ok = reply != NULL;

    if (reply && !libxl_agent_read_info(type, value, targets, params))
        ok = libxl_driver_agent_set_malformed(name, error);
    json_object_put(reply);
    return ok;
}

static bool
add_infos(LibxlDriver *driver, const guint8 *uuid, guint types, const char *const *targets,
          GArray *params, GError **error)
{
    for (guint type = 1; libxl_agent_info_command(type); type <<= 1) {
        g_autoptr(GError) detail = NULL;

        if (types && !(types & type))
            continue;
        if (add_info(driver, uuid, type, targets, params, &detail))
            continue;
        /* Who asks for all gets what there is. */
        if (types || !g_error_matches(detail, LIBXL_AGENT_ERROR, LIBXL_AGENT_ERROR_UNKNOWN)) {
            g_propagate_error(error, g_steal_pointer(&detail));
            return false;
        }
    }
    return true;
}

GArray *
libxl_driver_domain_get_guest_info(LibxlDriver *driver, const guint8 *uuid, guint types,
                                   guint flags, GError **error)
{
    const guint known = VIR_DOMAIN_GUEST_INFO_INTERFACES * 2 - 1;
    g_autoptr(GArray) params = libxl_params_new();
    g_auto(GStrv) targets = NULL;

    if (!libxl_driver_check_flags(flags, 0, "virDomainGetGuestInfo", error) ||
        !libxl_driver_check_flags(types, known, "virDomainGetGuestInfo", error) ||
        !(targets = get_disk_targets(driver, uuid, error)) ||
        !add_infos(driver, uuid, types, (const char *const *)targets, params, error))
        return NULL;
    return g_steal_pointer(&params);
}

char *
libxl_driver_domain_get_hostname(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                 GError **error)
{
    static const char *const name = "guest-get-host-name";
    json_object *value, *reply;
    char *hostname;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_GET_HOSTNAME_AGENT, "virDomainGetHostname",
                                  error) ||
        !(reply = libxl_driver_agent_call(driver, uuid, name, NULL, &value, error)))
        return NULL;
    hostname = g_strdup(libxl_agent_read_string(value, "host-name"));
    if (!hostname)
        libxl_driver_agent_set_malformed(name, error);
    json_object_put(reply);
    return hostname;
}

GPtrArray *
libxl_driver_domain_get_fs_info(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                GError **error)
{
    static const char *const name = "guest-get-fsinfo";
    g_auto(GStrv) targets = NULL;
    json_object *value, *reply;
    GPtrArray *infos;

    if (!libxl_driver_check_flags(flags, 0, "virDomainGetFSInfo", error) ||
        !(targets = get_disk_targets(driver, uuid, error)) ||
        !(reply = libxl_driver_agent_call(driver, uuid, name, NULL, &value, error)))
        return NULL;
    infos = libxl_agent_read_fs_info(value, (const char *const *)targets);
    if (!infos)
        libxl_driver_agent_set_malformed(name, error);
    json_object_put(reply);
    return infos;
}

GPtrArray *
libxl_driver_domain_interface_addresses(LibxlDriver *driver, const guint8 *uuid, guint source,
                                        guint flags, GError **error)
{
    static const char *const name = "guest-network-get-interfaces";
    json_object *value, *reply;
    GPtrArray *interfaces;

    if (!libxl_driver_check_flags(flags, 0, "virDomainInterfaceAddresses", error))
        return NULL;
    if (source != VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT) {
        virtxl_error_set(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
                         _("unknown source of addresses: %u; only the guest agent is one"), source);
        return NULL;
    }
    reply = libxl_driver_agent_call(driver, uuid, name, NULL, &value, error);
    if (!reply)
        return NULL;
    interfaces = libxl_agent_read_interfaces(value);
    if (!interfaces)
        libxl_driver_agent_set_malformed(name, error);
    json_object_put(reply);
    return interfaces;
}

/* --- vCPUs --------------------------------------------------------------------------- */

static bool
get_vcpus(LibxlDriver *driver, const guint8 *uuid, LibxlAgentVcpus *vcpus, GError **error)
{
    static const char *const name = "guest-get-vcpus";
    json_object *value;
    json_object *reply = libxl_driver_agent_call(driver, uuid, name, NULL, &value, error);
    bool ok = reply && libxl_agent_vcpus_read(vcpus, value);

    if (reply && !ok)
        libxl_driver_agent_set_malformed(name, error);
    json_object_put(reply);
    return ok;
}

static void
add_set(GArray *params, const LibxlVcpuSet *set, const char *name)
{
    g_autofree char *text = libxl_vcpu_set_format(set);

    libxl_params_add_string(params, text, "%s", name);
}

GArray *
libxl_driver_domain_get_guest_vcpus(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                    GError **error)
{
    LibxlAgentVcpus vcpus;
    GArray *params;

    if (!libxl_driver_check_flags(flags, 0, "virDomainGetGuestVcpus", error) ||
        !get_vcpus(driver, uuid, &vcpus, error))
        return NULL;
    params = libxl_params_new();
    add_set(params, &vcpus.present, "vcpus");
    add_set(params, &vcpus.online, "online");
    add_set(params, &vcpus.offlinable, "offlinable");
    return params;
}

int
libxl_driver_agent_count_vcpus(LibxlDriver *driver, const guint8 *uuid, guint flags, GError **error)
{
    LibxlAgentVcpus vcpus;

    if (flags & VIR_DOMAIN_VCPU_CONFIG) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                         _("a guest agent can tell of the vCPUs of a running domain only"));
        return -1;
    }
    if (!get_vcpus(driver, uuid, &vcpus, error))
        return -1;
    return (int)libxl_vcpu_set_count(flags & VIR_DOMAIN_VCPU_MAXIMUM ? &vcpus.present
                                                                     : &vcpus.online);
}

static bool
check_vcpus(const LibxlAgentVcpus *vcpus, const LibxlVcpuSet *set, bool online, GError **error)
{
    for (guint i = 0; i < LIBXL_AGENT_VCPUS_MAX; i++) {
        if (!set->has[i])
            continue;
        if (!vcpus->present.has[i])
            return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the guest has no vCPU %u"), i);
        if (!online && !vcpus->offlinable.has[i])
            return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                    _("the guest can't take vCPU %u offline"), i);
    }
    return true;
}

/* The agent stops at the first vCPU of which it can't, and says how many it did. */
static bool
set_vcpus(LibxlDriver *driver, const guint8 *uuid, const LibxlVcpuSet *set, bool online,
          GError **error)
{
    guint asked = libxl_vcpu_set_count(set);
    gint64 done;

    if (!libxl_driver_agent_get_number(driver, uuid, "guest-set-vcpus",
                                       libxl_agent_vcpus_write(set, online), &done, error))
        return false;
    if (done < asked)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("the guest changed the state of %lld of %u vCPUs"),
                                (long long)done, asked);
    return true;
}

bool
libxl_driver_domain_set_guest_vcpus(LibxlDriver *driver, const guint8 *uuid, const char *cpumap,
                                    int state, guint flags, GError **error)
{
    LibxlAgentVcpus vcpus;
    LibxlVcpuSet set;

    if (!libxl_driver_check_flags(flags, 0, "virDomainSetGuestVcpus", error) ||
        !libxl_vcpu_set_parse(&set, cpumap, error))
        return false;
    if (state != 0 && state != 1)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unsupported state of a vCPU: %d"),
                                state);
    if (!get_vcpus(driver, uuid, &vcpus, error) || !check_vcpus(&vcpus, &set, state == 1, error))
        return false;
    return set_vcpus(driver, uuid, &set, state == 1, error);
}

/* Fills @set with the vCPUs that have to come or go so that @n are online; the last ones
 * go first. */
static bool
choose_vcpus(const LibxlAgentVcpus *vcpus, guint n, LibxlVcpuSet *set, GError **error)
{
    guint online = libxl_vcpu_set_count(&vcpus->online);

    memset(set, 0, sizeof(*set));
    for (guint i = 0; i < LIBXL_AGENT_VCPUS_MAX && online < n; i++) {
        set->has[i] = vcpus->present.has[i] && !vcpus->online.has[i];
        online += set->has[i];
    }
    for (guint i = LIBXL_AGENT_VCPUS_MAX; i > 0 && online > n; i--) {
        set->has[i - 1] = vcpus->online.has[i - 1] && vcpus->offlinable.has[i - 1];
        online -= set->has[i - 1];
    }
    if (online != n)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("the guest can use %u of its vCPUs, but not %u"), online, n);
    return true;
}

bool
libxl_driver_agent_set_number_of_vcpus(LibxlDriver *driver, const guint8 *uuid, guint n,
                                       guint flags, GError **error)
{
    LibxlAgentVcpus vcpus;
    LibxlVcpuSet set;
    bool more;

    if (flags & (VIR_DOMAIN_VCPU_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("the guest knows of the vCPUs that it uses now, and of no "
                                  "maximum or configuration"));
    if (!get_vcpus(driver, uuid, &vcpus, error) || !choose_vcpus(&vcpus, n, &set, error))
        return false;
    more = n > libxl_vcpu_set_count(&vcpus.online);
    return libxl_vcpu_set_count(&set) == 0 || set_vcpus(driver, uuid, &set, more, error);
}
