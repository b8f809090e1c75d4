/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_params.h"

static void
clear_param(gpointer data)
{
    virTypedParameter *param = data;

    if (param->type == VIR_TYPED_PARAM_STRING)
        g_free(param->value.s);
}

GArray *
libxl_params_new(void)
{
    GArray *params = g_array_new(FALSE, TRUE, sizeof(virTypedParameter));

    g_array_set_clear_func(params, clear_param);
    return params;
}

/* Adds @param under the name that @format and the arguments after it make. */
#define ADD(params, param, format)                                                                 \
    do {                                                                                           \
        va_list args;                                                                              \
                                                                                                   \
        va_start(args, format);                                                                    \
        g_vsnprintf((param).field, sizeof((param).field), format, args);                           \
        va_end(args);                                                                              \
        g_array_append_val(params, param);                                                         \
    } while (0)

void
libxl_params_add_string(GArray *params, const char *value, const char *name, ...)
{
    virTypedParameter param = {.type = VIR_TYPED_PARAM_STRING};

    if (!value)
        return;
    param.value.s = g_strdup(value);
    ADD(params, param, name);
}

void
libxl_params_add_int(GArray *params, int value, const char *name, ...)
{
    virTypedParameter param = {.type = VIR_TYPED_PARAM_INT, .value.i = value};

    ADD(params, param, name);
}

void
libxl_params_add_uint(GArray *params, guint value, const char *name, ...)
{
    virTypedParameter param = {.type = VIR_TYPED_PARAM_UINT, .value.ui = value};

    ADD(params, param, name);
}

void
libxl_params_add_llong(GArray *params, gint64 value, const char *name, ...)
{
    virTypedParameter param = {.type = VIR_TYPED_PARAM_LLONG, .value.l = value};

    ADD(params, param, name);
}

void
libxl_params_add_ullong(GArray *params, guint64 value, const char *name, ...)
{
    virTypedParameter param = {.type = VIR_TYPED_PARAM_ULLONG, .value.ul = value};

    ADD(params, param, name);
}

void
libxl_params_add_boolean(GArray *params, bool value, const char *name, ...)
{
    virTypedParameter param = {.type = VIR_TYPED_PARAM_BOOLEAN, .value.b = value};

    ADD(params, param, name);
}
