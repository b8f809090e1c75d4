/* The daemon's settings, from its configuration file.
 *
 * Names and syntax are those of libvirt's daemons. A setting that only makes
 * sense there is accepted and has no effect; one that nobody knows is warned
 * about; one with a wrong value is an error.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "rpc/rpc_auth.h"

typedef struct {
    char *path;            /* of the file, for messages */
    char *unix_sock_dir;   /* NULL: the default */
    char *unix_sock_group; /* NULL: leave it */
    guint unix_sock_rw_perms;
    guint unix_sock_ro_perms;
    RpcAuthPolicy auth_unix_rw;
    RpcAuthPolicy auth_unix_ro;
    guint access_drivers; /* see daemon_config_checks_access() */
    guint legacy_sockets; /* libvirt-sock and libvirt-sock-ro too */
    char *channel_group;  /* NULL: leave it */
    guint channel_mode;
    guint max_clients;
    guint max_anonymous_clients;
    guint max_client_requests;
    guint max_workers;
    guint prio_workers;
    guint keepalive_interval; /* seconds; 0: none */
    guint keepalive_count;
    guint log_level; /* 1 debug, 2 information, 3 warnings, 4 errors */
} DaemonConfig;

/* The defaults. */
DaemonConfig *daemon_config_new(void);
void daemon_config_free(DaemonConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DaemonConfig, daemon_config_free)

/* The settings in the file at @path over the defaults; a file that is not there
 * is an error if it is @required. Logs warnings. Error: VIR_ERR_CONF_SYNTAX
 * naming path, line and setting. */
DaemonConfig *daemon_config_load(const char *path, bool required, GError **error);

/* Is polkit to be asked about each call? */
bool daemon_config_checks_access(const DaemonConfig *config);

/* The group of our sockets, and of those of domains' channels; (gid_t)-1 for none.
 * Error: VIR_ERR_CONF_SYNTAX naming path, setting and group. Asks the name service. */
bool daemon_config_get_group(const DaemonConfig *config, gid_t *group, GError **error);
bool daemon_config_get_channel_group(const DaemonConfig *config, gid_t *group, GError **error);
