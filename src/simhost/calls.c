/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "simhost/control.h"
#include "util/error.h"
#include "util/i18n.h"

enum {
    MAX_KEY = 255
};

typedef bool (*CallFunc)(SimCallContext *context, struct json_object *args,
                         struct json_object *result, GError **error);

/* --- Reading and writing JSON --- */

static const char *
get_string(struct json_object *args, const char *key, GError **error)
{
    struct json_object *value = json_object_object_get(args, key);

    if (json_object_is_type(value, json_type_string))
        return json_object_get_string(value);
    virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the call has no string '%s'"), key);
    return NULL;
}

static SimDomain *
get_domain(SimCallContext *context, struct json_object *args, GError **error)
{
    struct json_object *value = json_object_object_get(args, "domid");
    gint64 domid = json_object_get_int64(value);

    if (!json_object_is_type(value, json_type_int) || domid < 0 || domid > G_MAXUINT32) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the call has no domain id"));
        return NULL;
    }
    return sim_host_get_domain(context->host, (guint32)domid, error);
}

static SimDomain *
get_guest(SimCallContext *context, struct json_object *args, GError **error)
{
    SimDomain *domain = get_domain(context, args, error);

    if (domain && sim_domain_get_domid(domain) == 0) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("Domain-0 is no guest"));
        return NULL;
    }
    return domain;
}

static void
add_string(struct json_object *object, const char *key, const char *value)
{
    if (value)
        json_object_object_add(object, key, json_object_new_string(value));
}

static void
add_number(struct json_object *object, const char *key, guint64 value)
{
    json_object_object_add(object, key, json_object_new_int64((gint64)value));
}

/* --- The host --- */

/* The first call of a client, to see whether the host is there to stay. */
static bool
call_hello(SimCallContext *context, struct json_object *args, struct json_object *result,
           GError **error)
{
    return true;
}

static bool
call_watch(SimCallContext *context, struct json_object *args, struct json_object *result,
           GError **error)
{
    context->watch = true;
    return true;
}

static bool
call_get_info(SimCallContext *context, struct json_object *args, struct json_object *result,
              GError **error)
{
    add_string(result, "model", "x86_64");
    add_number(result, "memory_kib", SIM_HOST_MEMORY_KIB);
    add_number(result, "cpus", SIM_HOST_CPUS);
    add_number(result, "mhz", 2400);
    add_number(result, "nodes", 1);
    add_number(result, "sockets", 1);
    add_number(result, "cores", SIM_HOST_CPUS / 2);
    add_number(result, "threads", 2);
    add_number(result, "max_vcpus", 128);
    add_number(result, "version", 4017007);
    add_string(result, "capabilities",
               "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64");
    json_object_object_add(result, "has_hvm", json_object_new_boolean(true));
    json_object_object_add(result, "has_hap", json_object_new_boolean(true));
    return true;
}

static bool
call_get_free_memory(SimCallContext *context, struct json_object *args, struct json_object *result,
                     GError **error)
{
    add_number(result, "kib", sim_host_get_free_memory_kib(context->host));
    return true;
}

static bool
call_list_domains(SimCallContext *context, struct json_object *args, struct json_object *result,
                  GError **error)
{
    GPtrArray *domains = sim_host_get_domains(context->host);
    struct json_object *list = json_object_new_array();

    for (guint i = 0; i < domains->len; i++) {
        struct json_object *object = json_object_new_object();

        sim_domain_describe(g_ptr_array_index(domains, i), object);
        json_object_array_add(list, object);
    }
    json_object_object_add(result, "domains", list);
    return true;
}

/* --- A domain's life --- */

static bool
call_get_domain(SimCallContext *context, struct json_object *args, struct json_object *result,
                GError **error)
{
    SimDomain *domain = get_domain(context, args, error);

    if (domain)
        sim_domain_describe(domain, result);
    return domain != NULL;
}

static bool
call_create(SimCallContext *context, struct json_object *args, struct json_object *result,
            GError **error)
{
    SimDomain *domain =
        sim_host_create_domain(context->host, json_object_object_get(args, "config"), error);

    if (domain)
        add_number(result, "domid", sim_domain_get_domid(domain));
    return domain != NULL;
}

static bool
call_pause(SimCallContext *context, struct json_object *args, struct json_object *result,
           GError **error)
{
    SimDomain *domain = get_domain(context, args, error);

    return domain && sim_domain_pause(domain, error);
}

static bool
call_unpause(SimCallContext *context, struct json_object *args, struct json_object *result,
             GError **error)
{
    SimDomain *domain = get_domain(context, args, error);

    return domain && sim_domain_unpause(domain, error);
}

static bool
call_shutdown(SimCallContext *context, struct json_object *args, struct json_object *result,
              GError **error)
{
    SimDomain *domain = get_guest(context, args, error);

    if (domain)
        sim_domain_request(domain, SIM_SHUTDOWN_POWEROFF);
    return domain != NULL;
}

static bool
call_reboot(SimCallContext *context, struct json_object *args, struct json_object *result,
            GError **error)
{
    SimDomain *domain = get_guest(context, args, error);

    if (domain)
        sim_domain_request(domain, SIM_SHUTDOWN_REBOOT);
    return domain != NULL;
}

static bool
call_destroy(SimCallContext *context, struct json_object *args, struct json_object *result,
             GError **error)
{
    SimDomain *domain = get_domain(context, args, error);

    return domain && sim_host_destroy_domain(context->host, sim_domain_get_domid(domain), error);
}

static bool
write_core(SimDomain *domain, int fd)
{
    g_autofree char *text = g_strdup_printf(
        "virtxl simulated core\ndomid %u\nname %s\nuuid %s\nmemory_kib %" G_GUINT64_FORMAT "\n",
        sim_domain_get_domid(domain), sim_domain_get_name(domain), sim_domain_get_uuid(domain),
        sim_domain_get_memory_kib(domain));
    gsize length = strlen(text);

    return write(fd, text, length) == (gssize)length;
}

static bool
call_dump_core(SimCallContext *context, struct json_object *args, struct json_object *result,
               GError **error)
{
    SimDomain *domain = get_guest(context, args, error);
    const char *path = domain ? get_string(args, "path", error) : NULL;
    int fd;
    bool ok;

    if (!path)
        return false;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    ok = fd >= 0 && write_core(domain, fd);
    if (!ok)
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot write core file '%s': %s"), path,
                         g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

/* --- Devices and what is kept with a domain --- */

static struct json_object *
describe_channel(SimChannel *channel)
{
    struct json_object *object = json_object_new_object();

    add_number(object, "devid", sim_channel_get_devid(channel));
    add_string(object, "name", sim_channel_get_name(channel));
    add_string(object, "path", sim_channel_get_path(channel));
    json_object_object_add(object, "pty", json_object_new_boolean(sim_channel_is_pty(channel)));
    add_number(object, "state", sim_channel_get_state(channel));
    return object;
}

static bool
call_list_channels(SimCallContext *context, struct json_object *args, struct json_object *result,
                   GError **error)
{
    SimDomain *domain = get_domain(context, args, error);
    struct json_object *list;
    GPtrArray *channels;

    if (!domain)
        return false;
    channels = sim_domain_get_channels(domain);
    list = json_object_new_array();
    for (guint i = 0; i < channels->len; i++)
        json_object_array_add(list, describe_channel(g_ptr_array_index(channels, i)));
    json_object_object_add(result, "channels", list);
    return true;
}

static bool
call_get_console_path(SimCallContext *context, struct json_object *args, struct json_object *result,
                      GError **error)
{
    SimDomain *domain = get_domain(context, args, error);
    const char *kind = domain ? get_string(args, "kind", error) : NULL;
    gint64 index = json_object_get_int64(json_object_object_get(args, "index"));

    if (!kind)
        return false;
    if (index < 0 || index > G_MAXINT32)
        return true;
    if (g_str_equal(kind, "serial"))
        add_string(result, "path", sim_domain_get_serial(domain, (guint)index));
    else if (index == 0)
        add_string(result, "path", sim_domain_get_console(domain));
    return true;
}

static bool
call_store_userdata(SimCallContext *context, struct json_object *args, struct json_object *result,
                    GError **error)
{
    SimDomain *domain = get_domain(context, args, error);
    const char *key = domain ? get_string(args, "key", error) : NULL;
    const char *data = key ? get_string(args, "data", error) : NULL;

    if (!data)
        return false;
    if (strlen(key) > MAX_KEY)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the userdata's key is too long"));
    return sim_domain_set_userdata(domain, key, data, error);
}

static bool
call_load_userdata(SimCallContext *context, struct json_object *args, struct json_object *result,
                   GError **error)
{
    SimDomain *domain = get_domain(context, args, error);
    const char *key = domain ? get_string(args, "key", error) : NULL;

    if (key)
        add_string(result, "data", sim_domain_get_userdata(domain, key));
    return key != NULL;
}

/* --- The table --- */

static const struct {
    const char *name;
    CallFunc func;
    bool is_control; /* neither counted nor made to fail */
} calls[] = {
    {"control", sim_control_call, true},
    {"create", call_create, false},
    {"destroy", call_destroy, false},
    {"dump_core", call_dump_core, false},
    {"get_console_path", call_get_console_path, false},
    {"get_domain", call_get_domain, false},
    {"get_free_memory", call_get_free_memory, false},
    {"get_info", call_get_info, false},
    {"hello", call_hello, true},
    {"list_channels", call_list_channels, false},
    {"list_domains", call_list_domains, false},
    {"load_userdata", call_load_userdata, false},
    {"pause", call_pause, false},
    {"reboot", call_reboot, false},
    {"shutdown", call_shutdown, false},
    {"store_userdata", call_store_userdata, false},
    {"unpause", call_unpause, false},
    {"watch", call_watch, false},
};

guint
sim_call_get_delay(const SimCallContext *context, const char *name)
{
    return sim_faults_get_delay(context->faults, name);
}

bool
sim_call_exists(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++)
        if (!calls[i].is_control && g_str_equal(calls[i].name, name))
            return true;
    return false;
}

bool
sim_call(SimCallContext *context, const char *name, struct json_object *args,
         struct json_object *result, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        if (!g_str_equal(calls[i].name, name))
            continue;
        if (!calls[i].is_control && !sim_faults_check(context->faults, name, error))
            return false;
        return calls[i].func(context, args, result, error);
    }
    return virtxl_error_set(error, VIR_ERR_NO_SUPPORT, _("the simulated host has no call '%s'"),
                            name);
}
