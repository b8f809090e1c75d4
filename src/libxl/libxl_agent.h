/* The agent in a domain's guest (qemu-ga), on the channel that is named after it.
 *
 * The channel's socket takes one client at a time, and an agent executes one command
 * after the other, so calls take turns. A call holds nothing else of the domain, neither
 * its lock nor its job: an agent that hangs is in the way of other calls to it and of
 * nothing more. A call connects, syncs, executes and disconnects; nothing is kept from one
 * to the next but how long to wait.
 *
 * Whatever the agent does, a call ends: at its deadline, or when the domain stops, or when
 * the driver does. (A client may ask to wait without a deadline; then the others do.)
 *
 * Errors of calls: VIR_ERR_OPERATION_INVALID if the domain does not run,
 * VIR_ERR_ARGUMENT_UNSUPPORTED if it has no such channel, VIR_ERR_AGENT_UNRESPONSIVE if the
 * agent does not answer, or only nonsense, VIR_ERR_OPERATION_TIMEOUT if other calls to it
 * do not end; and LIBXL_AGENT_ERROR, which clients see as VIR_ERR_INTERNAL_ERROR, for what
 * the agent refuses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <json.h>

#include "libxl/libxl_domain.h"

/* An error reply of the agent. */
#define LIBXL_AGENT_ERROR libxl_agent_error_quark()
typedef enum {
    LIBXL_AGENT_ERROR_FAILED,
    LIBXL_AGENT_ERROR_UNKNOWN, /* it has no such command, or may not execute it */
} LibxlAgentError;

GQuark libxl_agent_error_quark(void);

/* Has it answered the last time it was asked, since its channel was connected? Any thread.
 * libxl_agent_forget(): the channel is not connected any more. */
bool libxl_agent_answers(LibxlAgent *agent);
void libxl_agent_forget(LibxlAgent *agent);

/* Has @func called, in a thread that calls the agent, when that has changed by itself. */
typedef void (*LibxlAgentFunc)(LibxlDomain *domain, gpointer user_data);
void libxl_agent_watch(LibxlAgent *agent, LibxlAgentFunc func, gpointer user_data);

/* A domain's, for libxl_domain.c. */
LibxlAgent *libxl_agent_new(void);
void libxl_agent_free(LibxlAgent *agent);

/* How long a call waits, as the API counts it: seconds, or one of the values of
 * virDomainAgentResponseTimeoutValues; or, what libxl_agent_set_timeout() says: */
#define LIBXL_AGENT_TIMEOUT_OF_DOMAIN (-3)

void libxl_agent_set_timeout(LibxlAgent *agent, int timeout);
int libxl_agent_get_timeout(LibxlAgent *agent);

/* Ends the call that waits, if one does: its domain has stopped. Any thread. */
void libxl_agent_interrupt(LibxlAgent *agent);
/* The same, and all later ones: the driver stops. */
void libxl_agent_close(LibxlAgent *agent);

/* Executes @command and returns the agent's whole reply, which the caller owns. With
 * VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_NOWAIT that is an empty object, as soon as the command
 * is said. */
json_object *libxl_agent_execute(LibxlDomain *domain, json_object *command, int timeout,
                                 GError **error);

/* Executes a command that is answered only if it fails, such as guest-shutdown: if it does
 * not fail soon it has worked. */
bool libxl_agent_execute_silent(LibxlDomain *domain, json_object *command, GError **error);

/* Is the agent there? Waits for it for @timeout_ms at most, after its turn has come. */
bool libxl_agent_ping(LibxlDomain *domain, guint timeout_ms, GError **error);
