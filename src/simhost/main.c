/* virtxl-simhost: plays Xen for one root directory.
 *
 * How it works
 *
 * A GLib main loop serves the socket <root>/run/virtxl-sim/host.sock (server.c,
 * connection.c). A line is a call, found in a table (calls.c) and made on the
 * simulated machine (host.c), which has domains (domain.c), which have channels
 * (channel.c), through which bytes go (relay.c) between the host's end and a
 * terminal in the guest's chair (pty.c). Channels that virtxl-channeld serves
 * (device.c) have a guest's driver (frontend.c) with a ring in shared memory
 * (guest_ring.c) instead, and that daemon is a client here (backend.c). Failures and delays are arranged by
 * --ctl (control.c, faults.c). Nothing in the loop blocks.
 *
 * The driver starts it with --detach: the process that was started waits until
 * the one that stays serves, or says why it can't.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "simhost/control.h"
#include "simhost/ctl.h"
#include "simhost/server.h"
#include "util/detach.h"
#include "util/error.h"
#include "util/i18n.h"

typedef struct {
    char *root;
    char **commands;
    int linger_ms;
    gboolean detach;
    gboolean version;
} Options;

static bool
parse_options(Options *options, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options->root,
         N_("the directory whose Xen this is (required)"), "DIR"},
        {"ctl", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->commands,
         N_("have the running host do something, and end; may be repeated"), "COMMAND"},
        {"detach", 0, 0, G_OPTION_ARG_NONE, &options->detach,
         N_("end once the host serves, in the background"), NULL},
        {"linger", 0, 0, G_OPTION_ARG_INT, &options->linger_ms,
         N_("stay for MS milliseconds when nobody and nothing is there (1000)"), "MS"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, N_("print the version"), NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(_("- a simulated Xen host"));
    g_autofree char *help = sim_control_get_help();

    g_option_context_add_main_entries(context, entries, GETTEXT_PACKAGE);
    g_option_context_set_description(context, help);
    if (!g_option_context_parse(context, argc, argv, error))
        return false;
    if (options->version || (options->root && *argc == 1 && options->linger_ms >= 0))
        return true;
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                            _("--root DIR is required, and nothing beside options; see --help"));
}

static int
report(const GError *error)
{
    fprintf(stderr, "virtxl-simhost: %s\n", error->message);
    return EXIT_FAILURE;
}

static int
run_commands(const Options *options)
{
    g_autoptr(GError) error = NULL;

    for (guint i = 0; options->commands[i]; i++)
        if (!sim_ctl_run(options->root, options->commands[i], &error))
            return report(error);
    return EXIT_SUCCESS;
}

/* A host with many domains has many ptys and sockets open. */
static void
raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* @ready: where to say that it serves, or -1. Another host that is there
 * already is as good as this one. */
static int
serve(const Options *options, int ready)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SimServer) server = NULL;
    bool is_running = false;

    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    server = sim_server_new(options->root, (guint)options->linger_ms, &is_running, &error);
    if (!server && !(is_running && ready >= 0))
        return report(error);
    if (server && ready >= 0) {
        g_autofree char *log =
            g_build_filename(options->root, "var", "log", "virtxl-simhost.log", NULL);

        if (!detach_redirect_output(log, &error))
            return report(error);
    }
    detach_ready(ready);
    if (server)
        sim_server_run(server);
    return EXIT_SUCCESS;
}

static int
serve_detached(const Options *options)
{
    int ready = -1;
    int status = EXIT_FAILURE;

    return detach_process(&ready, &status) ? serve(options, ready) : status;
}

/* Its own process may change directory, so the root must not be relative. */
static void
make_absolute(char **path)
{
    char *absolute = g_canonicalize_filename(*path, NULL);

    g_free(*path);
    *path = absolute;
}

int
main(int argc, char **argv)
{
    Options options = {.linger_ms = 1000};
    g_autoptr(GError) error = NULL;
    int status;

    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, VIRTXL_LOCALEDIR);
    if (!parse_options(&options, &argc, &argv, &error))
        return report(error);
    if (options.version) {
        printf("virtxl-simhost %s\n", VIRTXL_VERSION);
        return EXIT_SUCCESS;
    }
    make_absolute(&options.root);
    if (options.commands)
        status = run_commands(&options);
    else if (options.detach)
        status = serve_detached(&options);
    else
        status = serve(&options, -1);
    g_free(options.root);
    g_strfreev(options.commands);
    return status;
}
