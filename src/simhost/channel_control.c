/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/channel_control.h"

#include "simhost/control.h"
#include "util/error.h"
#include "util/i18n.h"

typedef bool (*VerbFunc)(SimFrontend *frontend, const char *const *values, GError **error);

static SimGuestRing *
get_ring(SimFrontend *frontend, GError **error)
{
    SimGuestRing *ring = sim_frontend_get_guest_ring(frontend);

    if (!ring)
        virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("the guest has no ring now"));
    return ring;
}

static bool
do_reconnect(SimFrontend *frontend, const char *const *values, GError **error)
{
    sim_frontend_reconnect(frontend);
    return true;
}

static bool
do_state(SimFrontend *frontend, const char *const *values, GError **error)
{
    guint64 state;

    if (!sim_control_parse_number(values[0], G_MAXINT32, &state, error))
        return false;
    sim_frontend_set_state(frontend, (int)state);
    return true;
}

static bool
do_ring(SimFrontend *frontend, const char *const *values, GError **error)
{
    guint64 reference;
    guint64 port;

    if (!sim_control_parse_number(values[0], G_MAXUINT32, &reference, error) ||
        !sim_control_parse_number(values[1], G_MAXUINT32, &port, error))
        return false;
    sim_frontend_set_ring(frontend, (guint32)reference, (guint32)port);
    return true;
}

static bool
do_index(SimFrontend *frontend, const char *const *values, GError **error)
{
    static const char *const names[] = {
        [SIM_RING_IN_CONS] = "in_cons",
        [SIM_RING_IN_PROD] = "in_prod",
        [SIM_RING_OUT_CONS] = "out_cons",
        [SIM_RING_OUT_PROD] = "out_prod",
    };
    SimGuestRing *ring = get_ring(frontend, error);
    guint64 value;

    if (!ring || !sim_control_parse_number(values[1], G_MAXUINT32, &value, error))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(names[i], values[0])) {
            sim_guest_ring_set_index(ring, (SimRingIndex)i, (guint32)value);
            return true;
        }
    }
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("a ring has no index '%s'"), values[0]);
}

/* Where there is no ring, nobody hears them. */
static bool
do_storm(SimFrontend *frontend, const char *const *values, GError **error)
{
    SimGuestRing *ring = sim_frontend_get_guest_ring(frontend);
    guint64 count;

    if (!sim_control_parse_number(values[0], G_MAXUINT32, &count, error))
        return false;
    if (ring)
        sim_guest_ring_storm(ring, count);
    return true;
}

static bool
do_stuck(SimFrontend *frontend, const char *const *values, GError **error)
{
    bool stuck = g_str_equal(values[0], "on");

    if (!stuck && !g_str_equal(values[0], "off"))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("'%s' is neither on nor off"),
                                values[0]);
    sim_frontend_set_stuck(frontend, stuck);
    return true;
}

static bool
do_write(SimFrontend *frontend, const char *const *values, GError **error)
{
    SimGuestRing *ring = get_ring(frontend, error);
    guint64 size;

    if (!ring || !sim_control_parse_number(values[0], G_MAXINT64, &size, error))
        return false;
    sim_guest_ring_write(ring, size);
    return true;
}

static const struct {
    const char *name;
    guint n_values;
    VerbFunc func;
    const char *usage;
    const char *help;
} verbs[] = {
    {"reconnect", 0, do_reconnect, "", N_("the guest's driver is loaded anew, with a new ring")},
    {"state", 1, do_state, "N", N_("the guest writes its state, whatever happens")},
    {"ring", 2, do_ring, "REF PORT", N_("the guest writes a ring-ref and a port that it made up")},
    {"index", 2, do_index, "in_cons|in_prod|out_cons|out_prod VALUE",
     N_("the guest writes an index of the ring, and minds the ring no more")},
    {"storm", 1, do_storm, "N", N_("the guest sends N events without data")},
    {"stuck", 1, do_stuck, "on|off", N_("the guest does not answer a backend that closes")},
    {"write", 1, do_write, "BYTES",
     N_("a program in the guest writes so many bytes, byte I being I modulo 251")},
};

void
sim_channel_control_add_help(GString *text)
{
    g_string_append_printf(text, "  channel NAME CHANNEL close|connect\n      %s\n",
                           _("the guest closes or connects its end of a channel of libxl's"));
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        g_string_append_printf(text, "  channel NAME CHANNEL %s %s\n      %s\n", verbs[i].name,
                               verbs[i].usage, _(verbs[i].help));
}

static bool
control_channel(SimDomain *domain, SimChannel *channel, const char *verb, GError **error)
{
    if (g_str_equal(verb, "close"))
        sim_domain_set_channel_state(domain, channel, SIM_CHANNEL_CLOSED);
    else if (g_str_equal(verb, "connect"))
        sim_domain_set_channel_state(domain, channel, SIM_CHANNEL_CONNECTED);
    else
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("a guest's channel can't '%s'"),
                                verb);
    return true;
}

bool
sim_channel_control(SimDomain *domain, const char *const *words, guint n_values, GError **error)
{
    SimChannel *channel = sim_domain_find_channel(domain, words[0]);
    SimDevice *device = sim_device_list_find(sim_domain_get_devices(domain), words[0]);

    if (channel && n_values == 0)
        return control_channel(domain, channel, words[1], error);
    for (gsize i = 0; device && i < G_N_ELEMENTS(verbs); i++)
        if (g_str_equal(verbs[i].name, words[1]) && verbs[i].n_values == n_values)
            return verbs[i].func(sim_device_get_frontend(device), words + 2, error);
    if (!channel && !device)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no channel '%s'"),
                                sim_domain_get_name(domain), words[0]);
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                            _("a guest's channel can't '%s' with %u more words"), words[1],
                            n_values);
}
