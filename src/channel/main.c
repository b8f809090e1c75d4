/* virtxl-channeld: the backend of all guest channels of a host.
 *
 * How it works
 *
 * One process with one main loop. The port (host.h) tells of channels: console devices
 * that the driver has written a source for. Each has an object (channel.c) that
 * follows its states and owns a ring (frontend.c, ring.c), the host's end of the channel
 * (endpoint.c), and memory for bytes on their way (hold.c); pump.c moves them. channeld.c
 * puts it together; it finds its work in the store alone and may be killed and started
 * again at any time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channeld.h"
#include "channel/control.h"
#include "util/channeld_socket.h"
#include "util/detach.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/log.h"

typedef struct {
    char *root;
    char *host;
    gboolean list;
    gboolean json;
    gboolean detach;
    gboolean verbose;
    gboolean version;
} Options;

static bool
check_options(const Options *options, int argc, GError **error)
{
    if (argc > 1)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("options only, see --help"));
    if (options->host && strcmp(options->host, "xen") != 0 && strcmp(options->host, "sim") != 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("--host is xen or sim, not '%s'"),
                                options->host);
    if (options->json && !options->list)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("--json goes with --list"));
    return true;
}

static bool
parse_options(Options *options, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"host", 0, 0, G_OPTION_ARG_STRING, &options->host,
         N_("The host to serve: xen (default), or sim, the simulated one of --root"), "xen|sim"},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options->root, N_("Put every path under DIR"),
         N_("DIR")},
        {"list", 'l', 0, G_OPTION_ARG_NONE, &options->list,
         N_("Print the channels that the running daemon serves, and end"), NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_("The list as JSON"), NULL},
        {"detach", 0, 0, G_OPTION_ARG_NONE, &options->detach,
         N_("End once channels are served, in the background"), NULL},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose, N_("Log what is being done"),
         NULL},
        {"version", 'V', 0, G_OPTION_ARG_NONE, &options->version, N_("Show the version and exit"),
         NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_set_summary(context, _("Serves the guest channels of a Xen host."));
    g_option_context_add_main_entries(context, entries, GETTEXT_PACKAGE);
    g_option_context_set_translation_domain(context, GETTEXT_PACKAGE);
    return g_option_context_parse(context, argc, argv, error) &&
           check_options(options, *argc, error);
}

static char *
get_root(const Options *options)
{
    g_autofree char *root = options->root ? g_canonicalize_filename(options->root, NULL) : NULL;

    return g_strdup(!root || strcmp(root, "/") == 0 ? "" : root);
}

static bool
serve(const Options *options, const char *root, int ready, const char *log_path, GError **error)
{
    ChanneldOptions channeld = {.root = root,
                                .simulated = g_strcmp0(options->host, "sim") == 0,
                                .ready = ready,
                                .log_path = log_path};

    log_start();
    log_set_level(options->verbose ? 1 : 2);
    return channeld_run(&channeld, error);
}

static bool
serve_detached(const Options *options, const char *root, int *status, GError **error)
{
    g_autofree char *log = g_strconcat(root, "/var/log/virtxl-channeld.log", NULL);
    int ready = -1;

    if (!detach_process(&ready, status))
        return true;
    *status = EXIT_SUCCESS;
    /* What goes wrong at the start is for who started it to see. */
    return serve(options, root, ready, log, error);
}

static bool
run(const Options *options, int *status, GError **error)
{
    g_autofree char *root = get_root(options);
    g_autofree char *control = channeld_socket_get_path(root);

    *status = EXIT_SUCCESS;
    if (options->version)
        printf("virtxl-channeld %s\n", VIRTXL_VERSION);
    else if (options->list)
        return control_print_list(control, options->json, error);
    else if (options->detach)
        return serve_detached(options, root, status, error);
    else
        return serve(options, root, -1, NULL, error);
    return true;
}

int
main(int argc, char **argv)
{
    Options options = {0};
    g_autoptr(GError) error = NULL;
    int status = EXIT_SUCCESS;

    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, VIRTXL_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
    signal(SIGPIPE, SIG_IGN);
    if (!parse_options(&options, &argc, &argv, &error) || !run(&options, &status, &error)) {
        g_printerr("virtxl-channeld: %s\n", error->message);
        status = EXIT_FAILURE;
    }
    g_free(options.root);
    g_free(options.host);
    return status;
}
