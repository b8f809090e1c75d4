/* A simulated host of its own for each test, in a temporary root.
 *
 * The program is $VIRTXL_SIMHOST.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "xen/xen_host.h"

typedef struct {
    char *root;
    const char *program;
    XenHost *host;
    GArray *events; /* of XenHostEvent, once watched */
} SimFixture;

typedef struct {
    const char *name;
    void (*func)(SimFixture *fixture, gconstpointer data);
    bool without_host; /* only a root is set up */
} SimTest;

/* What main() of a test program returns. Their paths begin with @prefix. */
int sim_fixture_run(int *argc, char ***argv, const char *prefix, const SimTest *tests,
                    gsize n_tests);

/* For g_test_add(); the first one opens the host, the second leaves it. */
void sim_fixture_set_up(SimFixture *fixture, gconstpointer data);
void sim_fixture_set_up_root(SimFixture *fixture, gconstpointer data);
/* Ends the host and fails unless nothing of it is left. */
void sim_fixture_tear_down(SimFixture *fixture, gconstpointer data);

/* A path under the root; a new string. */
char *sim_fixture_path(const SimFixture *fixture, const char *relative);
/* The guest's end of a channel; a new string. */
char *sim_fixture_guest_path(const SimFixture *fixture, const char *domain, const char *channel);

/* Runs --ctl; fails the test unless it succeeds. Returns what it printed. */
char *sim_fixture_ctl(const SimFixture *fixture, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Watches; wait fails the test unless @count events come in time. */
void sim_fixture_watch(SimFixture *fixture);
void sim_fixture_wait_events(SimFixture *fixture, guint count);
/* Runs the main context until @path is not there. */
void sim_fixture_wait_gone(const char *path);

/* The process that is the host. */
pid_t sim_fixture_get_host_pid(const SimFixture *fixture);
/* A stream socket connected to @path, blocking. */
int sim_fixture_connect(const char *path);

/* A config of 64 MiB and one virtual CPU; the UUID's bytes are all @id. */
void sim_config_init(libxl_domain_config *config, libxl_domain_type type, const char *name,
                     guint8 id);
/* @socket: NULL for a pty; @devid: -1 to leave it to libxl. */
void sim_config_add_channel(libxl_domain_config *config, int devid, const char *name,
                            const char *socket);
/* Creates and disposes of @config. Returns the domid. */
guint32 sim_config_create(SimFixture *fixture, libxl_domain_config *config);
/* A running PV domain without channels. */
guint32 sim_fixture_start_domain(SimFixture *fixture, const char *name, guint8 id);
