/* Whether channels are connected: <target state> of the live XML, and the
 * agent-lifecycle event.
 *
 * A channel is connected while the guest's driver and the backend are; whether a
 * program in the guest has it open, Xen does not tell. The channel of a guest agent
 * counts as connected only when the agent has answered as well (libxl_agent_probe.h): a
 * manager sends commands as soon as it hears that.
 *
 * The host says of a domain that its channels have changed; they are then read, some
 * moments later, so that a guest whose channels come and go all the time makes work at
 * a bounded rate, and at most one look waits for each domain. As a look changes the live
 * definition it needs the domain's job, and as nobody else must wait for it, it comes
 * again later while somebody has the job.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"

/* What a channel is at first: when a domain has been built or is taken over, a channel
 * attached. @is_connected: to the guest's driver. */
void libxl_channel_state_init(DomainChrDef *channel, bool is_connected);

/* Looks at them without having been told, as when a domain is taken over. Any thread. */
void libxl_channel_state_look_soon(LibxlDriver *driver, LibxlDomain *domain);

/* The channels of the domain with @event's uuid have changed. Does not block. */
void libxl_channel_state_changed(LibxlDriver *driver, const XenHostEvent *event);

/* Called by the follow-up pool for such an event, without the job. */
void libxl_channel_state_look(LibxlDriver *driver, const XenHostEvent *event);

/* The domain is to be built anew: all its channels are about to go. For the holder of
 * the job. */
void libxl_channel_state_end(LibxlDriver *driver, LibxlDomain *domain);
