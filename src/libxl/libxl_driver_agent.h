/* The part of the driver's API that asks the agent in the guest: one function for each
 * public call, as in libxl_driver.h.
 *
 * All are operations. They wait for a guest, which may do as it likes: they belong on
 * workers that nothing else needs. But for one, none takes the domain's job. Errors: those of
 * libxl_agent.h; VIR_ERR_ARGUMENT_UNSUPPORTED for what an agent can't do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"

/* All agents' calls that wait end, and later ones fail: the daemon is about to stop. */
void libxl_driver_close_agents(LibxlDriver *driver);

/* The agent's reply to @command, compact JSON; "" for one that isn't waited for. @timeout:
 * seconds, or one of virDomainQemuAgentCommandTimeoutValues. */
char *libxl_driver_domain_qemu_agent_command(LibxlDriver *driver, const guint8 *uuid,
                                             const char *command, int timeout, guint flags,
                                             GError **error);
/* How long all other calls wait for their answer; kept with a domain that runs. Takes its
 * job. */
bool libxl_driver_domain_agent_set_response_timeout(LibxlDriver *driver, const guint8 *uuid,
                                                    int timeout, guint flags, GError **error);

/* Returns as soon as the guest has been told. @target: virNodeSuspendTarget. @duration must
 * be 0. */
bool libxl_driver_domain_pm_suspend_for_duration(LibxlDriver *driver, const guint8 *uuid,
                                                 guint target, guint64 duration, guint flags,
                                                 GError **error);

/* Each returns how many file systems it froze or thawed, or -1. @mountpoints: NULL for
 * all; a thaw is always of all. */
int libxl_driver_domain_fs_freeze(LibxlDriver *driver, const guint8 *uuid,
                                  const char *const *mountpoints, guint n_mountpoints, guint flags,
                                  GError **error);
int libxl_driver_domain_fs_thaw(LibxlDriver *driver, const guint8 *uuid, guint n_mountpoints,
                                guint flags, GError **error);
/* Of all file systems, so @mountpoint must be NULL. @minimum: bytes. */
bool libxl_driver_domain_fs_trim(LibxlDriver *driver, const guint8 *uuid, const char *mountpoint,
                                 guint64 minimum, guint flags, GError **error);

bool libxl_driver_domain_get_time(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                  gint64 *seconds, guint *nanoseconds, GError **error);
/* With VIR_DOMAIN_TIME_SYNC the guest reads its clock instead. */
bool libxl_driver_domain_set_time(LibxlDriver *driver, const guint8 *uuid, gint64 seconds,
                                  guint nanoseconds, guint flags, GError **error);

bool libxl_driver_domain_set_user_password(LibxlDriver *driver, const guint8 *uuid,
                                           const char *user, const char *password, guint flags,
                                           GError **error);
GStrv libxl_driver_domain_authorized_ssh_keys_get(LibxlDriver *driver, const guint8 *uuid,
                                                  const char *user, guint flags, GError **error);
bool libxl_driver_domain_authorized_ssh_keys_set(LibxlDriver *driver, const guint8 *uuid,
                                                 const char *user, const char *const *keys,
                                                 guint n_keys, guint flags, GError **error);

/* libxl_driver_agent_info.c: what the guest is and has. Arrays of parameters are those of
 * libxl_params.h; what @types asks for and an agent does not know is an error, unless it
 * is 0, for all. */
GArray *libxl_driver_domain_get_guest_info(LibxlDriver *driver, const guint8 *uuid, guint types,
                                           guint flags, GError **error);
char *libxl_driver_domain_get_hostname(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                       GError **error);
/* Arrays of virDomainFSInfo and virDomainInterface, which they own. @source:
 * virDomainInterfaceAddressesSource, of which only the agent is one. */
GPtrArray *libxl_driver_domain_get_fs_info(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                           GError **error);
GPtrArray *libxl_driver_domain_interface_addresses(LibxlDriver *driver, const guint8 *uuid,
                                                   guint source, guint flags, GError **error);
GArray *libxl_driver_domain_get_guest_vcpus(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                            GError **error);
/* @cpumap: "0-3,^2"; @state: 1 to bring them online, 0 to take them offline. */
bool libxl_driver_domain_set_guest_vcpus(LibxlDriver *driver, const guint8 *uuid,
                                         const char *cpumap, int state, guint flags,
                                         GError **error);
