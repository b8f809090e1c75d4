/* Asks the agents of guests whether they are there, so that clients need not.
 *
 * Xen tells when a guest's driver has taken a channel up, and not when a program in the
 * guest has opened it. So the agent is asked when its channel has been connected, and if
 * it does not answer, again and again, each time after twice as long, `agent_probes` times
 * (libxl.conf). Then the guest is left in peace, and what has been asked waits in the
 * channel: an agent that comes later reads and answers it. virtxl-channeld counts those bytes,
 * and is asked once a minute for all domains whose agent is awaited; one that has said
 * something is asked as at first. Whatever a client asks of it tells as well, which is all
 * there is where QEMU serves the channel.
 *
 * Asking waits for the answer, in threads of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"

/* For the driver's opening and closing. When it closes, calls to agents must have been
 * closed before. */
GThreadPool *libxl_agent_probe_pool_new(LibxlDriver *driver);
void libxl_agent_probe_pool_free(GThreadPool *pool);

/* The channel of @domain's agent is connected: begins, or begins anew. Any thread. */
void libxl_agent_probe(LibxlDriver *driver, LibxlDomain *domain);
