/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/control.h"

#include "simhost/channel_control.h"
#include "util/error.h"
#include "util/i18n.h"

enum {
    MAX_WORDS = 6
};

typedef struct {
    SimCallContext *context;
    struct json_object *args;
    const char *words[MAX_WORDS + 1]; /* the command's name first, NULL where there is none */
    guint n_words;
    GString *text;
} Command;

typedef bool (*CommandFunc)(Command *command, GError **error);

static SimDomain *
find_domain(Command *command, GError **error)
{
    return sim_host_find_domain(command->context->host, command->words[1], error);
}

static bool
check_call(const char *name, GError **error)
{
    return sim_call_exists(name) ||
           virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the simulated host has no call '%s'"),
                            name);
}

bool
sim_control_parse_number(const char *text, guint64 max, guint64 *number, GError **error)
{
    g_autoptr(GError) detail = NULL;

    if (g_ascii_string_to_unsigned(text, 10, 0, max, number, &detail))
        return true;
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG, "%s", detail->message);
}

static bool
command_fail(Command *command, GError **error)
{
    const char *k = command->words[2];
    const char *message = command->words[3];
    guint64 number = 1;

    if (!check_call(command->words[1], error))
        return false;
    /* A lone second word that is no number is the message. */
    if (k && !message && !g_ascii_isdigit(*k))
        message = g_steal_pointer(&k);
    if (k && !sim_control_parse_number(k, G_MAXUINT32, &number, error))
        return false;
    sim_faults_fail(command->context->faults, command->words[1], MAX(number, 1), message);
    return true;
}

static bool
command_fail_any(Command *command, GError **error)
{
    guint64 number;

    if (!sim_control_parse_number(command->words[1], G_MAXUINT32, &number, error))
        return false;
    sim_faults_fail(command->context->faults, NULL, MAX(number, 1), NULL);
    return true;
}

static bool
command_delay(Command *command, GError **error)
{
    guint64 ms;

    if (!check_call(command->words[1], error) ||
        !sim_control_parse_number(command->words[2], 3600 * 1000, &ms, error))
        return false;
    sim_faults_delay(command->context->faults, command->words[1], (guint)ms);
    return true;
}

static bool
command_reset(Command *command, GError **error)
{
    sim_faults_reset(command->context->faults);
    return true;
}

static bool
command_guest(Command *command, GError **error)
{
    static const char *const reasons[] = {"poweroff", "reboot", "suspend", "crash"};
    SimDomain *domain = find_domain(command, error);

    if (!domain)
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (g_str_equal(command->words[2], reasons[i]))
            return sim_domain_stop(domain, (SimShutdownReason)i, error);
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("a guest can't do '%s'"),
                            command->words[2]);
}

static bool
command_create(Command *command, GError **error)
{
    SimDomain *domain = sim_host_create_domain(
        command->context->host, json_object_object_get(command->args, "config"), error);

    if (!domain || !sim_domain_unpause(domain, error))
        return false;
    g_string_append_printf(command->text, "%u\n", sim_domain_get_domid(domain));
    return true;
}

static bool
command_destroy(Command *command, GError **error)
{
    SimDomain *domain = find_domain(command, error);

    return domain &&
           sim_host_destroy_domain(command->context->host, sim_domain_get_domid(domain), error);
}

static const char *
describe_state(const SimDomain *domain)
{
    static const char *const reasons[] = {"poweroff", "reboot", "suspend", "crash"};

    if (sim_domain_is_shutdown(domain))
        return reasons[sim_domain_get_reason(domain)];
    return sim_domain_is_running(domain) ? "running" : "paused";
}

static void
list_device(gpointer data, gpointer user_data)
{
    SimDevice *device = data;
    const char *path = sim_device_get_path(device);

    g_string_append_printf(user_data, "\tchannel %u\t%s\t%s\tstate %d\n",
                           sim_device_get_devid(device), sim_device_get_name(device),
                           path ? path : "-",
                           sim_frontend_get_state(sim_device_get_frontend(device)));
}

static bool
command_list(Command *command, GError **error)
{
    GPtrArray *domains = sim_host_get_domains(command->context->host);

    for (guint i = 0; i < domains->len; i++) {
        SimDomain *domain = g_ptr_array_index(domains, i);
        GPtrArray *channels = sim_domain_get_channels(domain);

        g_string_append_printf(command->text, "%u\t%s\t%s\t%s\n", sim_domain_get_domid(domain),
                               sim_domain_get_name(domain), sim_domain_get_uuid(domain),
                               describe_state(domain));
        for (guint j = 0; j < channels->len; j++) {
            const SimChannel *channel = g_ptr_array_index(channels, j);

            g_string_append_printf(command->text, "\tchannel %u\t%s\t%s\tstate %d\n",
                                   sim_channel_get_devid(channel), sim_channel_get_name(channel),
                                   sim_channel_get_path(channel), sim_channel_get_state(channel));
        }
        sim_device_list_foreach(sim_domain_get_devices(domain), list_device, command->text);
        sim_hardware_describe(sim_domain_get_hardware(domain), command->text);
        if (sim_domain_get_config(domain)->resources->told)
            g_string_append_printf(command->text, "\ttold\t%s\n",
                                   sim_domain_get_config(domain)->resources->told);
    }
    return true;
}

static bool
command_channel(Command *command, GError **error)
{
    SimDomain *domain = find_domain(command, error);

    return domain && sim_channel_control(domain, command->words + 2, command->n_words - 4, error);
}

static bool
command_disk(Command *command, GError **error)
{
    SimDomain *domain = find_domain(command, error);

    return domain && sim_hardware_set_stuck(sim_domain_get_hardware(domain), command->words[2],
                                            g_str_equal(command->words[3], "stuck"), error);
}

static bool
command_quit(Command *command, GError **error)
{
    command->context->quit = true;
    return true;
}

static const struct {
    const char *name;
    guint min, max; /* words after the name */
    CommandFunc func;
    const char *usage;
    const char *help;
} commands[] = {
    {"fail", 1, 3, command_fail, "CALL [K] [MESSAGE]",
     N_("the K-th next such call (the next) fails, once")},
    {"fail-any", 1, 1, command_fail_any, "K",
     N_("the K-th next call of whatever kind that somebody has asked for fails, once")},
    {"delay", 2, 2, command_delay, "CALL MS",
     N_("each such call takes MS milliseconds longer; 0 ends it")},
    {"reset", 0, 0, command_reset, "", N_("forget failures and delays")},
    {"guest", 2, 2, command_guest, "NAME poweroff|reboot|crash|suspend",
     N_("what a running guest does by itself")},
    {"channel", 3, 5, command_channel, "NAME CHANNEL WHAT [VALUE...]",
     N_("what the guest does with a channel, see below")},
    {"disk", 3, 3, command_disk, "NAME TARGET stuck|free",
     N_("whether the guest lets go of a disk")},
    {"create", 1, 1, command_create, "JSONFILE",
     N_("start a domain as another toolstack would, from a libxl_domain_config as JSON")},
    {"destroy", 1, 1, command_destroy, "NAME", N_("destroy a domain likewise")},
    {"list", 0, 0, command_list, "", N_("show domains, their channels and devices")},
    {"quit", 0, 0, command_quit, "", N_("end the host and all of its domains")},
};

char *
sim_control_get_help(void)
{
    GString *text = g_string_new(_("Commands:\n"));

    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        g_string_append_printf(text, "  %s %s\n      %s\n", commands[i].name, commands[i].usage,
                               _(commands[i].help));
    sim_channel_control_add_help(text);
    g_string_append(text,
                    _("A CALL is a function of the port, e.g. create, destroy, list_channels.\n"));
    return g_string_free(text, FALSE);
}

static guint
read_words(Command *command)
{
    struct json_object *words = json_object_object_get(command->args, "command");
    guint length = 0;

    if (json_object_is_type(words, json_type_array))
        length = (guint)json_object_array_length(words);
    for (guint i = 0; i < MIN(length, MAX_WORDS); i++) {
        command->words[i] = json_object_get_string(json_object_array_get_idx(words, i));
        if (!command->words[i])
            return 0;
    }
    return length;
}

bool
sim_control_call(SimCallContext *context, struct json_object *args, struct json_object *result,
                 GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Command command = {.context = context, .args = args, .text = text};
    guint length = command.n_words = read_words(&command);

    if (length == 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("no command was given"));
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!g_str_equal(commands[i].name, command.words[0]))
            continue;
        if (length - 1 < commands[i].min || length - 1 > commands[i].max)
            return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("usage: %s %s"), commands[i].name,
                                    commands[i].usage);
        if (!commands[i].func(&command, error))
            return false;
        json_object_object_add(result, "text", json_object_new_string(text->str));
        return true;
    }
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("no such command: '%s'"),
                            command.words[0]);
}
