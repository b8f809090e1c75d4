/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_channel_devid.h"

#include <string.h>

/* The highest device id that is believed; more than any domain has. */
#define DEVID_MAX 4095

static bool
devid_is_used(const DomainDef *live, unsigned devid)
{
    for (guint i = 0; i < live->channels->len; i++) {
        const DomainChrDef *channel = live->channels->pdata[i];

        if (channel->devid == devid)
            return true;
    }
    return false;
}

static unsigned
lowest_free_devid(const DomainDef *live)
{
    unsigned devid = 1;

    while (devid_is_used(live, devid))
        devid++;
    return devid;
}

/* What the driver calls it in the live definition. A channel that goes on after a
 * reboot may have another device id than before. */
static void
give_alias(DomainChrDef *channel)
{
    char **alias = &channel->info.alias;

    if (*alias && g_str_has_prefix(*alias, "ua-"))
        return;
    g_free(*alias);
    *alias = g_strdup_printf("channel%u", channel->devid - 1);
}

void
libxl_channel_give_devid(const DomainDef *live, DomainChrDef *channel)
{
    if (channel->devid == 0)
        channel->devid = lowest_free_devid(live);
    give_alias(channel);
}

void
libxl_channels_drop_devids(DomainDef *live)
{
    for (guint i = 0; i < live->channels->len; i++)
        ((DomainChrDef *)live->channels->pdata[i])->devid = 0;
}

/* The device id that give_alias() made the alias of, or 0. */
static unsigned
get_devid_of_alias(const char *alias)
{
    guint64 number = 0;

    if (!alias || !g_str_has_prefix(alias, "channel") ||
        !g_ascii_string_to_unsigned(alias + strlen("channel"), 10, 0, DEVID_MAX - 1, &number, NULL))
        return 0;
    return (unsigned)number + 1;
}

void
libxl_channels_keep_devids(DomainDef *live)
{
    libxl_channels_drop_devids(live);
    for (guint i = 0; i < live->channels->len; i++) {
        DomainChrDef *channel = live->channels->pdata[i];
        unsigned devid = get_devid_of_alias(channel->info.alias);

        if (!devid_is_used(live, devid))
            channel->devid = devid;
    }
}
