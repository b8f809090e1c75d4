/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/resource_calls.h"

#include <string.h>

#include "simhost/call_args.h"
#include "simhost/json_tools.h"
#include "simhost/resources.h"
#include "util/error.h"
#include "util/i18n.h"

#define SCREEN_WIDTH  640u
#define SCREEN_HEIGHT 480u

static guint64
get_number(struct json_object *args, const char *key)
{
    return json_object_get_uint64(json_object_object_get(args, key));
}

/* Of the domain that a call is about; NULL is an error. */
static SimDomainConfig *
get_config(SimCallContext *context, struct json_object *args, GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);

    return domain ? sim_domain_get_config(domain) : NULL;
}

static bool
refuse(const SimDomainConfig *config, const char *what, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("domain '%s': Xen refuses %s"),
                            config->name, what);
}

/* --- virtual CPUs --- */

bool
sim_call_list_vcpus(SimCallContext *context, struct json_object *args, struct json_object *result,
                    GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);
    struct json_object *list;
    SimDomainConfig *config;
    gint64 cpu_time_us;

    if (!domain)
        return false;
    config = sim_domain_get_config(domain);
    cpu_time_us = sim_domain_get_cpu_time_us(domain);
    list = json_object_new_array();
    for (guint i = 0; i < config->max_vcpus; i++) {
        struct json_object *vcpu = json_object_new_object();
        bool online = i < config->vcpus;

        sim_json_add_flag(vcpu, "online", online);
        sim_json_add_flag(vcpu, "running", online && sim_domain_is_running(domain));
        sim_json_add_number(vcpu, "cpu", i % SIM_HOST_CPUS);
        sim_json_add_number(vcpu, "time_ns",
                            online ? (guint64)cpu_time_us * 1000 / config->vcpus : 0);
        json_object_object_add(vcpu, "affinity",
                               sim_resources_describe_affinity(config->resources, i));
        json_object_array_add(list, vcpu);
    }
    json_object_object_add(result, "vcpus", list);
    return true;
}

bool
sim_call_set_online_vcpus(SimCallContext *context, struct json_object *args,
                          struct json_object *result, GError **error)
{
    SimDomainConfig *config = get_config(context, args, error);
    guint64 n = get_number(args, "value");

    if (!config)
        return false;
    if (n < 1 || n > config->max_vcpus)
        return refuse(config, "the number of vCPUs", error);
    config->vcpus = (guint)n;
    return true;
}

bool
sim_call_pin_vcpu(SimCallContext *context, struct json_object *args, struct json_object *result,
                  GError **error)
{
    SimDomainConfig *config = get_config(context, args, error);
    struct json_object *bytes = json_object_object_get(args, "affinity");
    guint64 vcpu = get_number(args, "vcpu");
    GByteArray *cpus;

    if (!config)
        return false;
    if (vcpu >= config->max_vcpus || !json_object_is_type(bytes, json_type_array))
        return refuse(config, "to pin a vCPU that is not there", error);
    cpus = g_byte_array_new();
    for (size_t i = 0; i < json_object_array_length(bytes); i++) {
        guint8 byte = (guint8)json_object_get_int(json_object_array_get_idx(bytes, i));

        g_byte_array_append(cpus, &byte, 1);
    }
    sim_resources_pin(config->resources, (guint)vcpu, cpus);
    return true;
}

/* --- memory --- */

bool
sim_call_set_memory(SimCallContext *context, struct json_object *args, struct json_object *result,
                    GError **error)
{
    SimDomainConfig *config = get_config(context, args, error);
    guint64 kib = get_number(args, "value");

    if (!config)
        return false;
    if (kib > config->max_memory_kib)
        return refuse(config, "more memory than its maximum", error);
    if (kib > config->memory_kib &&
        kib - config->memory_kib > sim_host_get_free_memory_kib(context->host))
        return refuse(config, "more memory than there is", error);
    config->memory_kib = kib;
    return true;
}

bool
sim_call_set_max_memory(SimCallContext *context, struct json_object *args,
                        struct json_object *result, GError **error)
{
    SimDomainConfig *config = get_config(context, args, error);
    guint64 kib = get_number(args, "value");

    if (!config)
        return false;
    if (kib < config->memory_kib)
        return refuse(config, "a maximum below the memory that it has", error);
    config->max_memory_kib = kib;
    return true;
}

bool
sim_call_list_nodes(SimCallContext *context, struct json_object *args, struct json_object *result,
                    GError **error)
{
    struct json_object *list = json_object_new_array();
    struct json_object *node = json_object_new_object();

    sim_json_add_number(node, "size_kib", SIM_HOST_MEMORY_KIB);
    sim_json_add_number(node, "free_kib", sim_host_get_free_memory_kib(context->host));
    json_object_array_add(list, node);
    json_object_object_add(result, "nodes", list);
    return true;
}

/* --- the scheduler, sleep --- */

bool
sim_call_get_scheduler(SimCallContext *context, struct json_object *args,
                       struct json_object *result, GError **error)
{
    const SimDomainConfig *config = get_config(context, args, error);
    const SimResources *resources;

    if (!config)
        return false;
    resources = config->resources;
    sim_json_add_number(result, "weight", resources->weight);
    sim_json_add_number(result, "cap", resources->cap);
    return true;
}

bool
sim_call_set_scheduler(SimCallContext *context, struct json_object *args,
                       struct json_object *result, GError **error)
{
    const SimDomainConfig *config = get_config(context, args, error);
    SimResources *resources;

    if (!config)
        return false;
    resources = config->resources;
    resources->weight = (guint)get_number(args, "weight");
    resources->cap = (guint)get_number(args, "cap");
    return true;
}

/* What a guest is told is noted, to be listed. */
static bool
note_told(SimCallContext *context, struct json_object *args, const char *key, GError **error)
{
    SimDomain *domain = sim_args_get_guest(context, args, error);
    SimResources *resources;

    if (!domain)
        return false;
    resources = sim_domain_get_config(domain)->resources;
    g_free(resources->told);
    resources->told = g_strdup(json_object_get_string(json_object_object_get(args, key)));
    return true;
}

bool
sim_call_send_trigger(SimCallContext *context, struct json_object *args, struct json_object *result,
                      GError **error)
{
    return note_told(context, args, "trigger", error);
}

/* What a device model puts into a file when it is told to show the screen. */
static void
draw_screen(const char *path)
{
    g_autoptr(GString) picture = g_string_new(NULL);

    g_string_printf(picture, "P6\n%u %u\n255\n", SCREEN_WIDTH, SCREEN_HEIGHT);
    for (guint i = 0; i < SCREEN_WIDTH * SCREEN_HEIGHT * 3; i++)
        g_string_append_c(picture, (char)(i % 251));
    g_file_set_contents(path, picture->str, (gssize)picture->len, NULL);
}

bool
sim_call_tell_qemu(SimCallContext *context, struct json_object *args, struct json_object *result,
                   GError **error)
{
    const char *command = json_object_get_string(json_object_object_get(args, "command"));

    if (command && g_str_has_prefix(command, "screendump "))
        draw_screen(strchr(command, ' ') + 1);
    return note_told(context, args, "command", error);
}

/* --- counters --- */

bool
sim_call_get_block_stats(SimCallContext *context, struct json_object *args,
                         struct json_object *result, GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);

    if (domain)
        json_object_object_add(
            result, "devices",
            sim_resources_describe_disks(sim_domain_get_config(domain)->resources));
    return domain != NULL;
}

bool
sim_call_get_interface_stats(SimCallContext *context, struct json_object *args,
                             struct json_object *result, GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);

    if (domain)
        json_object_object_add(result, "devices",
                               sim_resources_describe_nets(sim_domain_get_config(domain)->resources,
                                                           sim_domain_get_domid(domain)));
    return domain != NULL;
}
