/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/save.h"

#include <string.h>

#include "simhost/call_args.h"
#include "simhost/json_tools.h"
#include "util/error.h"
#include "util/i18n.h"

#define FIRST_LINE "virtxl simulated domain 1\n"
#define LAST_LINE  "end\n"

bool
sim_call_save(SimCallContext *context, struct json_object *args, struct json_object *result,
              GError **error)
{
    SimDomain *domain = sim_args_get_guest(context, args, error);
    g_autofree char *stream = NULL;

    if (!domain || !sim_domain_stop(domain, SIM_SHUTDOWN_SUSPEND, error))
        return false;
    stream = g_strdup_printf(FIRST_LINE "cpu_time_us %" G_GINT64_FORMAT "\n" LAST_LINE,
                             sim_domain_get_cpu_time_us(domain));
    sim_json_add_string(result, "stream", stream);
    return true;
}

bool
sim_call_resume(SimCallContext *context, struct json_object *args, struct json_object *result,
                GError **error)
{
    SimDomain *domain = sim_args_get_guest(context, args, error);

    if (domain)
        sim_domain_resume(domain);
    return domain != NULL;
}

static bool
parse_stream(struct json_object *args, gint64 *cpu_time_us, GError **error)
{
    const char *encoded = sim_args_get_string(args, "stream", error);
    g_autofree char *text = NULL;
    gsize size = 0;

    if (!encoded)
        return false;
    text = (char *)g_base64_decode(encoded, &size);
    text = g_realloc(text, size + 1);
    text[size] = '\0';
    if (!g_str_has_prefix(text, FIRST_LINE "cpu_time_us ") || !g_str_has_suffix(text, LAST_LINE))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("the stream is cut or is no simulated domain"));
    *cpu_time_us = g_ascii_strtoll(text + strlen(FIRST_LINE "cpu_time_us "), NULL, 10);
    return true;
}

bool
sim_call_restore(SimCallContext *context, struct json_object *args, struct json_object *result,
                 GError **error)
{
    gint64 cpu_time_us = 0;
    SimDomain *domain;

    if (!parse_stream(args, &cpu_time_us, error))
        return false;
    domain = sim_host_create_domain(context->host, json_object_object_get(args, "config"), error);
    if (!domain)
        return false;
    sim_domain_set_cpu_time_us(domain, cpu_time_us);
    sim_json_add_number(result, "domid", sim_domain_get_domid(domain));
    return true;
}
