/* What the calls that ask a guest's agent share. Only src/libxl includes this.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_agent.h"
#include "libxl/libxl_agent_message.h"
#include "libxl/libxl_driver_state.h"
#include "util/error.h"

/* Has the agent execute @name with @arguments (taken over; NULL: none). Returns the whole
 * reply, which the caller owns, with *@value what it returns. */
json_object *libxl_driver_agent_call(LibxlDriver *driver, const guint8 *uuid, const char *name,
                                     json_object *arguments, json_object **value, GError **error);

/* The same for a command that returns a number. */
bool libxl_driver_agent_get_number(LibxlDriver *driver, const guint8 *uuid, const char *name,
                                   json_object *arguments, gint64 *number, GError **error);

/* VIR_ERR_INTERNAL_ERROR: the reply to @name is not as it must be. */
bool libxl_driver_agent_set_malformed(const char *name, GError **error);

/* Has the guest shut down; @mode: "powerdown" or "reboot". Returns as soon as it has been
 * told. */
bool libxl_driver_agent_shutdown(LibxlDriver *driver, const guint8 *uuid, const char *mode,
                                 GError **error);

/* virDomainGetVcpusFlags with VIR_DOMAIN_VCPU_GUEST: how many the guest uses or, with
 * VIR_DOMAIN_VCPU_MAXIMUM, has. Returns -1 on error. */
int libxl_driver_agent_count_vcpus(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                   GError **error);

/* virDomainSetVcpusFlags with VIR_DOMAIN_VCPU_GUEST: has the guest use @n of those that it
 * has. */
bool libxl_driver_agent_set_number_of_vcpus(LibxlDriver *driver, const guint8 *uuid, guint n,
                                            guint flags, GError **error);
