/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/call_args.h"

#include "util/error.h"
#include "util/i18n.h"

const char *
sim_args_get_string(struct json_object *args, const char *key, GError **error)
{
    struct json_object *value = json_object_object_get(args, key);

    if (json_object_is_type(value, json_type_string))
        return json_object_get_string(value);
    virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the call has no string '%s'"), key);
    return NULL;
}

SimDomain *
sim_args_get_domain(SimCallContext *context, struct json_object *args, GError **error)
{
    struct json_object *value = json_object_object_get(args, "domid");
    gint64 domid = json_object_get_int64(value);

    if (!json_object_is_type(value, json_type_int) || domid < 0 || domid > G_MAXUINT32) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the call has no domain id"));
        return NULL;
    }
    return sim_host_get_domain(context->host, (guint32)domid, error);
}

SimDomain *
sim_args_get_guest(SimCallContext *context, struct json_object *args, GError **error)
{
    SimDomain *domain = sim_args_get_domain(context, args, error);

    if (domain && sim_domain_get_domid(domain) == 0) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("Domain-0 is no guest"));
        return NULL;
    }
    return domain;
}
