/* The connection to a guest's ring: the mapped page, and the event channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "channel/host.h"
#include "channel/ring.h"

typedef struct Frontend Frontend;

/* Called when the guest has sent an event. May free the frontend. */
typedef void (*FrontendFunc)(gpointer user_data);

/* Maps and binds what @view tells. Errors: VIR_ERR_INTERNAL_ERROR; also for a ring
 * whose indices are impossible. */
Frontend *frontend_new(ChannelHost *host, const ChannelView *view, FrontendFunc func,
                       gpointer user_data, GError **error);
/* Unmaps and unbinds. */
void frontend_free(Frontend *frontend);

/* Belongs to @frontend. */
Ring *frontend_get_ring(Frontend *frontend);
bool frontend_is(const Frontend *frontend, const ChannelView *view);
/* Sends the guest an event. */
void frontend_notify(Frontend *frontend);
/* The last event was worth it: bytes have moved. */
void frontend_set_busy(Frontend *frontend);
