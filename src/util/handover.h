/* Things that a thread hands to the main loop, in order.
 *
 * They wait in a queue; as long as there are any a source in the default main context
 * takes them out, one each time it is called.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct Handover Handover;

/* Called in the default main context for each; @item is freed afterwards. */
typedef void (*HandoverFunc)(gpointer item, gpointer user_data);

Handover *handover_new(HandoverFunc func, GDestroyNotify free_item, gpointer user_data);
/* What waits is freed, and not handed over. Main thread, not from @func, and when no
 * thread uses it any more. NULL is no error. */
void handover_free(Handover *handover);

/* Takes @item over. Any thread. */
void handover_push(Handover *handover, gpointer item);
