/* Device ids of channels, and the aliases that tell them.
 *
 * 0 is the primary console. Linux gives a console the lowest free
 * hvc, so that the lowest free device id keeps both numbers equal.
 *
 * A guest that is restored finds its devices by them, so a channel must have the same one
 * again. It is not in the XML; the alias, which is, tells it ("channel0" is 1).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"

/* Before libxl_channels_prepare(): which device ids are taken. None, for a guest that
 * boots; for one that is restored, those that its channels' aliases tell. One with an alias
 * of the user's gets the lowest that is left. */
void libxl_channels_drop_devids(DomainDef *live);
void libxl_channels_keep_devids(DomainDef *live);

/* Gives @channel, which is in @live, the lowest free device id if it has none, and the
 * alias that goes with it. */
void libxl_channel_give_devid(const DomainDef *live, DomainChrDef *channel);
