/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "simhost/call_args.h"
#include "simhost/channel_calls.h"
#include "simhost/control.h"
#include "simhost/device_calls.h"
#include "simhost/json_tools.h"
#include "simhost/resource_calls.h"
#include "simhost/save.h"
#include "util/error.h"
#include "util/i18n.h"

enum {
    MAX_KEY = 255
};

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

/* What an Intel processor of 2013 says. */
static const guint32 hw_cap[] = {
    0x1f8bfbff, 0xf7fa3203, 0x2c100800, 0x00000021, 0x00000001, 0x000007a9, 0x00000000, 0x00000100,
};

static struct json_object *
describe_hw_cap(void)
{
    struct json_object *words = json_object_new_array();

    for (gsize i = 0; i < G_N_ELEMENTS(hw_cap); i++)
        json_object_array_add(words, json_object_new_int64(hw_cap[i]));
    return words;
}

/* One node and one socket, with two threads a core. */
static struct json_object *
describe_places(void)
{
    struct json_object *places = json_object_new_array();

    for (guint i = 0; i < SIM_HOST_CPUS; i++) {
        struct json_object *place = json_object_new_object();

        sim_json_add_number(place, "node", 0);
        sim_json_add_number(place, "socket", 0);
        sim_json_add_number(place, "core", i / 2);
        json_object_array_add(places, place);
    }
    return places;
}

static bool
call_get_info(SimCallContext *context, struct json_object *args, struct json_object *result,
              GError **error)
{
    sim_json_add_string(result, "model", "x86_64");
    sim_json_add_number(result, "memory_kib", SIM_HOST_MEMORY_KIB);
    sim_json_add_number(result, "cpus", SIM_HOST_CPUS);
    sim_json_add_number(result, "mhz", 2400);
    sim_json_add_number(result, "nodes", 1);
    sim_json_add_number(result, "sockets", 1);
    sim_json_add_number(result, "cores", SIM_HOST_CPUS / 2);
    sim_json_add_number(result, "threads", 2);
    sim_json_add_number(result, "max_vcpus", 128);
    sim_json_add_number(result, "version", 4017007);
    sim_json_add_string(result, "capabilities",
                        "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64");
    sim_json_add_flag(result, "has_hvm", true);
    sim_json_add_flag(result, "has_hap", true);
    json_object_object_add(result, "hw_cap", describe_hw_cap());
    json_object_object_add(result, "places", describe_places());
    return true;
}

static bool
call_get_free_memory(SimCallContext *context, struct json_object *args, struct json_object *result,
                     GError **error)
{
    sim_json_add_number(result, "kib", sim_host_get_free_memory_kib(context->host));
    return true;
}

static bool
call_make_room(SimCallContext *context, struct json_object *args, struct json_object *result,
               GError **error)
{
    guint64 promised_kib = json_object_get_uint64(json_object_object_get(args, "promised_kib"));
    guint64 need_kib;

    if (!sim_host_make_room(context->host, json_object_object_get(args, "config"), promised_kib,
                            &need_kib, error))
        return false;
    sim_json_add_number(result, "need_kib", need_kib);
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
    SimDomain *domain = sim_args_get_domain(context, args, error);

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
        sim_json_add_number(result, "domid", sim_domain_get_domid(domain));
    return domain != NULL;
}

static bool
call_pause(SimCallContext *context, struct json_object *args, struct json_object *result,
           GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);

    return domain && sim_domain_pause(domain, error);
}

static bool
call_unpause(SimCallContext *context, struct json_object *args, struct json_object *result,
             GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);

    return domain && sim_domain_unpause(domain, error);
}

static bool
call_shutdown(SimCallContext *context, struct json_object *args, struct json_object *result,
              GError **error)
{
    SimDomain *domain = sim_args_get_guest(context, args, error);

    if (domain)
        sim_domain_request(domain, SIM_SHUTDOWN_POWEROFF);
    return domain != NULL;
}

static bool
call_reboot(SimCallContext *context, struct json_object *args, struct json_object *result,
            GError **error)
{
    SimDomain *domain = sim_args_get_guest(context, args, error);

    if (domain)
        sim_domain_request(domain, SIM_SHUTDOWN_REBOOT);
    return domain != NULL;
}

static bool
call_destroy(SimCallContext *context, struct json_object *args, struct json_object *result,
             GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);

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
    SimDomain *domain = sim_args_get_guest(context, args, error);
    const char *path = domain ? sim_args_get_string(args, "path", error) : NULL;
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

static bool
call_get_console_path(SimCallContext *context, struct json_object *args, struct json_object *result,
                      GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);
    const char *kind = domain ? sim_args_get_string(args, "kind", error) : NULL;
    gint64 index = json_object_get_int64(json_object_object_get(args, "index"));

    if (!kind)
        return false;
    if (index < 0 || index > G_MAXINT32)
        return true;
    if (g_str_equal(kind, "serial"))
        sim_json_add_string(result, "path", sim_domain_get_serial(domain, (guint)index));
    else if (index == 0)
        sim_json_add_string(result, "path", sim_domain_get_console(domain));
    return true;
}

static bool
call_store_userdata(SimCallContext *context, struct json_object *args, struct json_object *result,
                    GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);
    const char *key = domain ? sim_args_get_string(args, "key", error) : NULL;
    const char *data = key ? sim_args_get_string(args, "data", error) : NULL;

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
    SimDomain *domain = sim_args_get_domain(context, args, error);
    const char *key = domain ? sim_args_get_string(args, "key", error) : NULL;

    if (key)
        sim_json_add_string(result, "data", sim_domain_get_userdata(domain, key));
    return key != NULL;
}

/* --- The table --- */

typedef enum {
    COUNTED,
    COUNTED_BY_NAME, /* a call of the backend: it comes when it comes */
    UNCOUNTED,       /* never made to fail */
} Counting;

static const struct {
    const char *name;
    bool (*func)(SimCallContext *context, struct json_object *args, struct json_object *result,
                 GError **error);
    Counting counting;
} calls[] = {
    {"add_channel", sim_call_add_channel, COUNTED},
    {"add_device", sim_call_add_device, COUNTED},
    {"backend", sim_call_backend, COUNTED_BY_NAME},
    {"backend_set", sim_call_backend_set, COUNTED_BY_NAME},
    {"change_medium", sim_call_change_medium, COUNTED},
    {"control", sim_control_call, UNCOUNTED},
    {"create", call_create, COUNTED},
    {"destroy", call_destroy, COUNTED},
    {"dump_core", call_dump_core, COUNTED},
    {"get_backend", sim_call_get_backend, UNCOUNTED},
    {"get_block_stats", sim_call_get_block_stats, COUNTED},
    /* Polled: how often, who knows. */
    {"get_channel", sim_call_get_channel, UNCOUNTED},
    {"get_console_path", call_get_console_path, COUNTED},
    {"get_domain", call_get_domain, COUNTED},
    {"get_free_memory", call_get_free_memory, COUNTED},
    {"get_info", call_get_info, COUNTED},
    {"get_interface_stats", sim_call_get_interface_stats, COUNTED},
    {"get_scheduler", sim_call_get_scheduler, COUNTED},
    {"hello", call_hello, UNCOUNTED},
    {"list_channels", sim_call_list_channels, COUNTED},
    {"list_devices", sim_call_list_devices, COUNTED},
    {"list_domains", call_list_domains, COUNTED},
    {"list_nodes", sim_call_list_nodes, COUNTED},
    {"list_vcpus", sim_call_list_vcpus, COUNTED},
    {"load_userdata", call_load_userdata, COUNTED},
    {"make_room", call_make_room, COUNTED},
    {"pause", call_pause, COUNTED},
    {"pin_vcpu", sim_call_pin_vcpu, COUNTED},
    {"reboot", call_reboot, COUNTED},
    {"remove_channel", sim_call_remove_channel, COUNTED},
    {"remove_device", sim_call_remove_device, COUNTED},
    {"restore", sim_call_restore, COUNTED},
    {"resume", sim_call_resume, COUNTED},
    {"save", sim_call_save, COUNTED},
    {"send_trigger", sim_call_send_trigger, COUNTED},
    {"set_assignable", sim_call_set_assignable, COUNTED},
    {"set_channel_online", sim_call_set_channel_online, COUNTED},
    {"set_max_memory", sim_call_set_max_memory, COUNTED},
    {"set_memory", sim_call_set_memory, COUNTED},
    {"set_online_vcpus", sim_call_set_online_vcpus, COUNTED},
    {"set_scheduler", sim_call_set_scheduler, COUNTED},
    {"shutdown", call_shutdown, COUNTED},
    {"store_userdata", call_store_userdata, COUNTED},
    {"tell_qemu", sim_call_tell_qemu, COUNTED},
    {"unpause", call_unpause, COUNTED},
    {"watch", call_watch, COUNTED},
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
        if (calls[i].counting != UNCOUNTED && g_str_equal(calls[i].name, name))
            return true;
    return false;
}

bool
sim_call(SimCallContext *context, const char *name, struct json_object *args,
         struct json_object *result, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        bool any = calls[i].counting == COUNTED && !context->is_own;

        if (!g_str_equal(calls[i].name, name))
            continue;
        if (calls[i].counting != UNCOUNTED && !sim_faults_check(context->faults, name, any, error))
            return false;
        return calls[i].func(context, args, result, error);
    }
    return virtxl_error_set(error, VIR_ERR_NO_SUPPORT, _("the simulated host has no call '%s'"),
                            name);
}
