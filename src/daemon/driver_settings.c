/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/driver_settings.h"

#include "daemon/conf_setting.h"

static const char *const backends[] = {[LIBXL_CHANNEL_BACKEND_VIRTXL] = "virtxl",
                                       [LIBXL_CHANNEL_BACKEND_LIBXL] = "libxl",
                                       [LIBXL_CHANNEL_BACKEND_LIBXL + 1] = NULL};
static const char *const overflows[] = {[LIBXL_CHANNEL_DISCARD] = "discard",
                                        [LIBXL_CHANNEL_WAIT] = "wait",
                                        [LIBXL_CHANNEL_WAIT + 1] = NULL};

/* Nobody locks disks here, which who asks for it must know. */
static const char *const lock_managers[] = {"nop", NULL};

#define MEMBER(name) #name, .offset = G_STRUCT_OFFSET(LibxlDriverConfig, name)

static const ConfSetting settings[] = {
    {MEMBER(channel_backend), .apply = conf_setting_word, .words = backends},
    {MEMBER(channel_hold_in), .apply = conf_setting_number, .min = CHANNEL_SOURCE_HOLD_MIN,
     .max = CHANNEL_SOURCE_HOLD_MAX},
    {MEMBER(channel_hold_out), .apply = conf_setting_number, .min = CHANNEL_SOURCE_HOLD_MIN,
     .max = CHANNEL_SOURCE_HOLD_MAX},
    {MEMBER(channel_overflow), .apply = conf_setting_word, .words = overflows},
    {MEMBER(agent_probes), .apply = conf_setting_number, .min = 1, .max = LIBXL_AGENT_PROBES_MAX},
    /* libvirt's own */
    {MEMBER(autoballoon), .apply = conf_setting_number, .max = 1},
    {"keepalive_count"},
    {"keepalive_interval"},
    {"lock_manager", .apply = conf_setting_no_other, .words = lock_managers},
    {MEMBER(nested_hvm), .apply = conf_setting_number, .max = 1},
};

bool
driver_settings_load(const char *path, LibxlDriverConfig *config, GError **error)
{
    return conf_settings_load(path, false, settings, G_N_ELEMENTS(settings), config, error);
}
