/* virtxld's command line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "daemon/daemon.h"
#include "util/i18n.h"
#include "util/log.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static gboolean show_version;

static bool
parse_options(int *argc, char ***argv, DaemonOptions *options, GError **error)
{
    const GOptionEntry entries[] = {
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options->root, N_("Put every path under DIR"),
         N_("DIR")},
        {"host", 0, 0, G_OPTION_ARG_STRING, &options->host,
         N_("The host to serve: libxl (default on Xen), or sim, a simulated one"), N_("libxl|sim")},
        {"config", 'f', 0, G_OPTION_ARG_FILENAME, &options->config,
         N_("Read FILE instead of /etc/libvirt/virtxld.conf"), N_("FILE")},
        {"socket-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->socket_dir,
         N_("Make the sockets in DIR"), N_("DIR")},
        {"verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose, N_("Log what is being done"),
         NULL},
        {"version", 'V', 0, G_OPTION_ARG_NONE, &show_version, N_("Show the version and exit"),
         NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_set_summary(context,
                                 _("Serves Xen domains to libvirt's clients (xen:///system)."));
    g_option_context_add_main_entries(context, entries, GETTEXT_PACKAGE);
    g_option_context_set_translation_domain(context, GETTEXT_PACKAGE);
    if (!g_option_context_parse(context, argc, argv, error))
        return false;
    if (*argc > 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, _("unexpected argument '%s'"),
                    (*argv)[1]);
        return false;
    }
    if (options->host && strcmp(options->host, "libxl") != 0 && strcmp(options->host, "sim") != 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("--host is libxl or sim, not '%s'"), options->host);
        return false;
    }
    return true;
}

static void
free_options(DaemonOptions *options)
{
    g_free(options->root);
    g_free(options->host);
    g_free(options->config);
    g_free(options->socket_dir);
}

int
main(int argc, char **argv)
{
    DaemonOptions options = {0};
    g_autoptr(GError) error = NULL;
    int status = EXIT_SUCCESS;

    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, VIRTXL_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
    signal(SIGPIPE, SIG_IGN);
    umask(022);

    if (!parse_options(&argc, &argv, &options, &error)) {
        g_printerr("virtxld: %s\n", error->message);
        status = EXIT_FAILURE;
    } else if (show_version) {
        printf("virtxld %s\n", VIRTXL_VERSION);
    } else {
        log_start();
        if (!daemon_run(&options, &error)) {
            g_printerr("virtxld: %s\n", error->message);
            status = EXIT_FAILURE;
        }
    }
    free_options(&options);
    return status;
}
