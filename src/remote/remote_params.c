/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_params.h"

#include <string.h>

#include "libxl/libxl_params.h"
#include "util/error.h"
#include "util/i18n.h"

static void
set_param(remote_typed_param *param, const virTypedParameter *from)
{
    param->field = g_strdup(from->field);
    param->value.type = from->type;
    switch (from->type) {
    case VIR_TYPED_PARAM_INT:
        param->value.remote_typed_param_value_u.i = from->value.i;
        break;
    case VIR_TYPED_PARAM_UINT:
        param->value.remote_typed_param_value_u.ui = from->value.ui;
        break;
    case VIR_TYPED_PARAM_LLONG:
        param->value.remote_typed_param_value_u.l = from->value.l;
        break;
    case VIR_TYPED_PARAM_ULLONG:
        param->value.remote_typed_param_value_u.ul = from->value.ul;
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        param->value.remote_typed_param_value_u.b = from->value.b != 0;
        break;
    case VIR_TYPED_PARAM_STRING:
        param->value.remote_typed_param_value_u.s = g_strdup(from->value.s);
        break;
    default:
        g_return_if_reached();
    }
}

remote_typed_param *
remote_params_from(const GArray *params, u_int *n)
{
    remote_typed_param *array = g_new0(remote_typed_param, params->len);

    *n = params->len;
    for (guint i = 0; i < params->len; i++)
        set_param(&array[i], &g_array_index(params, virTypedParameter, i));
    return array;
}

void
remote_params_free(remote_typed_param *array, u_int n)
{
    for (u_int i = 0; i < n; i++)
        xdr_free((xdrproc_t)xdr_remote_typed_param, (void *)&array[i]);
    g_free(array);
}

bool
remote_params_take(GArray *params, gsize limit, u_int *n, remote_typed_param **array,
                   GError **error)
{
    bool ok = params && params->len <= limit;

    if (ok)
        *array = remote_params_from(params, n);
    else if (params)
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                         _("the result has %u parameters, which is more than %zu"), params->len,
                         limit);
    if (params)
        g_array_unref(params);
    return ok;
}

static bool
read_value(virTypedParameter *param, const remote_typed_param_value *value)
{
    param->type = value->type;
    switch (value->type) {
    case VIR_TYPED_PARAM_INT:
        param->value.i = value->remote_typed_param_value_u.i;
        return true;
    case VIR_TYPED_PARAM_UINT:
        param->value.ui = value->remote_typed_param_value_u.ui;
        return true;
    case VIR_TYPED_PARAM_LLONG:
        param->value.l = value->remote_typed_param_value_u.l;
        return true;
    case VIR_TYPED_PARAM_ULLONG:
        param->value.ul = value->remote_typed_param_value_u.ul;
        return true;
    case VIR_TYPED_PARAM_DOUBLE:
        param->value.d = value->remote_typed_param_value_u.d;
        return true;
    case VIR_TYPED_PARAM_BOOLEAN:
        param->value.b = value->remote_typed_param_value_u.b != 0;
        return true;
    case VIR_TYPED_PARAM_STRING:
        param->value.s = g_strdup(value->remote_typed_param_value_u.s);
        return true;
    default:
        return false;
    }
}

GArray *
remote_params_read(const remote_typed_param *array, u_int n, GError **error)
{
    g_autoptr(GArray) params = libxl_params_new();

    for (u_int i = 0; i < n; i++) {
        virTypedParameter param = {0};

        if (g_strlcpy(param.field, array[i].field, sizeof(param.field)) >= sizeof(param.field) ||
            !read_value(&param, &array[i].value)) {
            virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("parameter '%s' is malformed"),
                             array[i].field);
            return NULL;
        }
        g_array_append_val(params, param);
    }
    return g_steal_pointer(&params);
}
