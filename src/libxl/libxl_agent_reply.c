/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_agent_reply.h"

#include <string.h>

#include "libxl/libxl_params.h"

/* --- parts of JSON --------------------------------------------------------------- */

/* NULL if it is not there, or not of @type. */
static json_object *
get(json_object *object, const char *key, json_type type)
{
    json_object *value = NULL;

    json_object_object_get_ex(object, key, &value);
    return json_object_is_type(value, type) ? value : NULL;
}

const char *
libxl_agent_read_string(json_object *object, const char *key)
{
    json_object *value = get(object, key, json_type_string);

    return value ? json_object_get_string(value) : NULL;
}

/* 0 for what is no array. */
static gsize
array_length(json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

GStrv
libxl_agent_read_strings(json_object *object, const char *key)
{
    json_object *array = get(object, key, json_type_array);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    if (!array)
        return NULL;
    for (gsize i = 0; i < array_length(array); i++) {
        json_object *string = json_object_array_get_idx(array, i);

        if (!json_object_is_type(string, json_type_string))
            return NULL;
        g_strv_builder_add(builder, json_object_get_string(string));
    }
    return g_strv_builder_end(builder);
}

/* The domain's disk that is the guest's device, e.g. "/dev/xvda": Linux calls a disk of
 * Xen as its definition does. */
static const char *
find_target(const char *device, const char *const *targets)
{
    if (!device || !g_str_has_prefix(device, "/dev/"))
        return NULL;
    for (; *targets; targets++) {
        if (strcmp(device + strlen("/dev/"), *targets) == 0)
            return *targets;
    }
    return NULL;
}

/* --- kinds of information ---------------------------------------------------------- */

static bool
add_users(json_object *users, const char *const *targets, GArray *params)
{
    guint n = (guint)array_length(users);

    libxl_params_add_uint(params, n, "user.count");
    for (guint i = 0; i < n; i++) {
        json_object *user = json_object_array_get_idx(users, i);
        json_object *seconds = NULL;
        double time;

        libxl_params_add_string(params, libxl_agent_read_string(user, "user"), "user.%u.name", i);
        libxl_params_add_string(params, libxl_agent_read_string(user, "domain"), "user.%u.domain",
                                i);
        json_object_object_get_ex(user, "login-time", &seconds);
        time = json_object_get_double(seconds);
        if (time >= 0 && time < (double)G_MAXUINT32 * 1000)
            libxl_params_add_ullong(params, (guint64)(time * 1000 + 0.5), "user.%u.login-time", i);
    }
    return json_object_is_type(users, json_type_array);
}

static bool
add_os(json_object *os, const char *const *targets, GArray *params)
{
    static const char *const keys[] = {
        "id",      "name",    "pretty-name", "version",        "version-id",
        "machine", "variant", "variant-id",  "kernel-release", "kernel-version"};

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        libxl_params_add_string(params, libxl_agent_read_string(os, keys[i]), "os.%s", keys[i]);
    return json_object_is_type(os, json_type_object);
}

static bool
add_timezone(json_object *zone, const char *const *targets, GArray *params)
{
    json_object *offset = get(zone, "offset", json_type_int);

    if (!offset)
        return false;
    libxl_params_add_string(params, libxl_agent_read_string(zone, "zone"), "timezone.name");
    libxl_params_add_int(params, json_object_get_int(offset), "timezone.offset");
    return true;
}

static bool
add_hostname(json_object *value, const char *const *targets, GArray *params)
{
    const char *name = libxl_agent_read_string(value, "host-name");

    libxl_params_add_string(params, name, "hostname");
    return name != NULL;
}

static void
add_size(GArray *params, json_object *fs, guint i, const char *key)
{
    json_object *size = get(fs, key, json_type_int);

    if (size)
        libxl_params_add_ullong(params, json_object_get_uint64(size), "fs.%u.%s", i, key);
}

static void
add_fs_disks(GArray *params, json_object *fs, guint i, const char *const *targets)
{
    json_object *disks = get(fs, "disk", json_type_array);
    guint n = (guint)array_length(disks);

    libxl_params_add_uint(params, n, "fs.%u.disk.count", i);
    for (guint j = 0; j < n; j++) {
        json_object *disk = json_object_array_get_idx(disks, j);
        const char *device = libxl_agent_read_string(disk, "dev");

        libxl_params_add_string(params, find_target(device, targets), "fs.%u.disk.%u.alias", i, j);
        libxl_params_add_string(params, libxl_agent_read_string(disk, "serial"),
                                "fs.%u.disk.%u.serial", i, j);
        libxl_params_add_string(params, device, "fs.%u.disk.%u.device", i, j);
    }
}

static bool
add_filesystems(json_object *filesystems, const char *const *targets, GArray *params)
{
    guint n = (guint)array_length(filesystems);

    libxl_params_add_uint(params, n, "fs.count");
    for (guint i = 0; i < n; i++) {
        json_object *fs = json_object_array_get_idx(filesystems, i);

        libxl_params_add_string(params, libxl_agent_read_string(fs, "name"), "fs.%u.name", i);
        libxl_params_add_string(params, libxl_agent_read_string(fs, "mountpoint"),
                                "fs.%u.mountpoint", i);
        libxl_params_add_string(params, libxl_agent_read_string(fs, "type"), "fs.%u.fstype", i);
        add_size(params, fs, i, "total-bytes");
        add_size(params, fs, i, "used-bytes");
        add_fs_disks(params, fs, i, targets);
    }
    return json_object_is_type(filesystems, json_type_array);
}

static void
add_dependencies(GArray *params, json_object *disk, guint i)
{
    g_auto(GStrv) names = libxl_agent_read_strings(disk, "dependencies");

    if (!names)
        return;
    libxl_params_add_uint(params, g_strv_length(names), "disk.%u.dependency.count", i);
    for (guint j = 0; names[j]; j++)
        libxl_params_add_string(params, names[j], "disk.%u.dependency.%u.name", i, j);
}

static bool
add_disks(json_object *disks, const char *const *targets, GArray *params)
{
    guint n = (guint)array_length(disks);

    libxl_params_add_uint(params, n, "disk.count");
    for (guint i = 0; i < n; i++) {
        json_object *disk = json_object_array_get_idx(disks, i);
        json_object *address = get(disk, "address", json_type_object);
        const char *name = libxl_agent_read_string(disk, "name");

        libxl_params_add_string(params, name, "disk.%u.name", i);
        libxl_params_add_boolean(params,
                                 json_object_get_boolean(get(disk, "partition", json_type_boolean)),
                                 "disk.%u.partition", i);
        add_dependencies(params, disk, i);
        libxl_params_add_string(params, libxl_agent_read_string(address, "serial"),
                                "disk.%u.serial", i);
        libxl_params_add_string(params, find_target(name, targets), "disk.%u.alias", i);
        libxl_params_add_string(params, libxl_agent_read_string(disk, "alias"),
                                "disk.%u.guest_alias", i);
    }
    return json_object_is_type(disks, json_type_array);
}

static bool
add_interfaces(json_object *value, const char *const *targets, GArray *params)
{
    g_autoptr(GPtrArray) interfaces = libxl_agent_read_interfaces(value);

    if (!interfaces)
        return false;
    libxl_params_add_uint(params, interfaces->len, "if.count");
    for (guint i = 0; i < interfaces->len; i++) {
        const virDomainInterface *interface = interfaces->pdata[i];

        libxl_params_add_string(params, interface->name, "if.%u.name", i);
        libxl_params_add_string(params, interface->hwaddr, "if.%u.hwaddr", i);
        libxl_params_add_uint(params, interface->naddrs, "if.%u.addr.count", i);
        for (guint j = 0; j < interface->naddrs; j++) {
            const virDomainIPAddress *address = &interface->addrs[j];

            libxl_params_add_string(params,
                                    address->type == VIR_IP_ADDR_TYPE_IPV6 ? "ipv6" : "ipv4",
                                    "if.%u.addr.%u.type", i, j);
            libxl_params_add_string(params, address->addr, "if.%u.addr.%u.addr", i, j);
            libxl_params_add_uint(params, address->prefix, "if.%u.addr.%u.prefix", i, j);
        }
    }
    return true;
}

static const struct {
    guint type;
    const char *command;
    bool (*add)(json_object *value, const char *const *targets, GArray *params);
} kinds[] = {
    {VIR_DOMAIN_GUEST_INFO_USERS, "guest-get-users", add_users},
    {VIR_DOMAIN_GUEST_INFO_OS, "guest-get-osinfo", add_os},
    {VIR_DOMAIN_GUEST_INFO_TIMEZONE, "guest-get-timezone", add_timezone},
    {VIR_DOMAIN_GUEST_INFO_HOSTNAME, "guest-get-host-name", add_hostname},
    {VIR_DOMAIN_GUEST_INFO_FILESYSTEM, "guest-get-fsinfo", add_filesystems},
    {VIR_DOMAIN_GUEST_INFO_DISKS, "guest-get-disks", add_disks},
    {VIR_DOMAIN_GUEST_INFO_INTERFACES, "guest-network-get-interfaces", add_interfaces},
};

const char *
libxl_agent_info_command(guint type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].type == type)
            return kinds[i].command;
    }
    return NULL;
}

bool
libxl_agent_read_info(guint type, json_object *value, const char *const *targets, GArray *params)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].type == type)
            return kinds[i].add(value, targets, params);
    }
    g_return_val_if_reached(false);
}

/* --- file systems ------------------------------------------------------------------- */

static void
free_fs_info(gpointer data)
{
    virDomainFSInfo *info = data;

    g_free(info->mountpoint);
    g_free(info->name);
    g_free(info->fstype);
    g_strfreev(info->devAlias);
    g_free(info);
}

static void
set_devices(virDomainFSInfo *info, json_object *disks, const char *const *targets)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (gsize i = 0; i < array_length(disks); i++) {
        json_object *disk = json_object_array_get_idx(disks, i);
        const char *target = find_target(libxl_agent_read_string(disk, "dev"), targets);

        if (target)
            g_strv_builder_add(builder, target);
    }
    info->devAlias = g_strv_builder_end(builder);
    info->ndevAlias = g_strv_length(info->devAlias);
}

GPtrArray *
libxl_agent_read_fs_info(json_object *value, const char *const *targets)
{
    g_autoptr(GPtrArray) infos = g_ptr_array_new_with_free_func(free_fs_info);

    if (!json_object_is_type(value, json_type_array))
        return NULL;
    for (gsize i = 0; i < array_length(value); i++) {
        json_object *fs = json_object_array_get_idx(value, i);
        virDomainFSInfo *info = g_new0(virDomainFSInfo, 1);

        g_ptr_array_add(infos, info);
        info->mountpoint = g_strdup(libxl_agent_read_string(fs, "mountpoint"));
        info->name = g_strdup(libxl_agent_read_string(fs, "name"));
        info->fstype = g_strdup(libxl_agent_read_string(fs, "type"));
        set_devices(info, get(fs, "disk", json_type_array), targets);
        if (!info->mountpoint || !info->name || !info->fstype)
            return NULL;
    }
    return g_steal_pointer(&infos);
}

/* --- interfaces ---------------------------------------------------------------------- */

static void
free_interface(gpointer data)
{
    virDomainInterface *interface = data;

    for (guint i = 0; i < interface->naddrs; i++)
        g_free(interface->addrs[i].addr);
    g_free(interface->addrs);
    g_free(interface->name);
    g_free(interface->hwaddr);
    g_free(interface);
}

static virDomainInterface *
obtain_interface(GPtrArray *interfaces, GHashTable *by_name, const char *name)
{
    g_autofree char *base = g_strndup(name, strcspn(name, ":"));
    virDomainInterface *interface = g_hash_table_lookup(by_name, base);

    if (interface)
        return interface;
    interface = g_new0(virDomainInterface, 1);
    interface->name = g_steal_pointer(&base);
    g_ptr_array_add(interfaces, interface);
    g_hash_table_insert(by_name, interface->name, interface);
    return interface;
}

static bool
add_addresses(virDomainInterface *interface, json_object *addresses)
{
    gsize n = array_length(addresses);

    interface->addrs = g_renew(virDomainIPAddress, interface->addrs, interface->naddrs + n);
    for (gsize i = 0; i < n; i++) {
        json_object *address = json_object_array_get_idx(addresses, i);
        const char *text = libxl_agent_read_string(address, "ip-address");
        const char *type = libxl_agent_read_string(address, "ip-address-type");
        json_object *prefix = get(address, "prefix", json_type_int);

        if (!text || !type || !prefix)
            return false;
        interface->addrs[interface->naddrs++] = (virDomainIPAddress){
            .type = strcmp(type, "ipv6") == 0 ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4,
            .addr = g_strdup(text),
            .prefix = (guint)CLAMP(json_object_get_int64(prefix), 0, 128),
        };
    }
    return true;
}

GPtrArray *
libxl_agent_read_interfaces(json_object *value)
{
    g_autoptr(GPtrArray) interfaces = g_ptr_array_new_with_free_func(free_interface);
    g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);

    if (!json_object_is_type(value, json_type_array))
        return NULL;
    for (gsize i = 0; i < array_length(value); i++) {
        json_object *object = json_object_array_get_idx(value, i);
        const char *name = libxl_agent_read_string(object, "name");
        const char *address = libxl_agent_read_string(object, "hardware-address");
        virDomainInterface *interface;

        if (!name)
            return NULL;
        interface = obtain_interface(interfaces, by_name, name);
        if (!interface->hwaddr)
            interface->hwaddr = g_strdup(address);
        if (!add_addresses(interface, get(object, "ip-addresses", json_type_array)))
            return NULL;
    }
    return g_steal_pointer(&interfaces);
}
