/* Where the driver keeps what, until libxl.conf says otherwise: libxl_driver.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver.h"

#include "util/channel_source.h"

/* Debian's and upstream's places of what the HVM domains of libvirt's Xen
 * driver name by default; the first that is there. */
static char *
first_existing(const char *const *paths)
{
    for (gsize i = 0; paths[i]; i++) {
        if (g_file_test(paths[i], G_FILE_TEST_EXISTS))
            return g_strdup(paths[i]);
    }
    return g_strdup(paths[0]);
}

static const char *const emulators[] = {
    "/usr/bin/qemu-system-i386",
    "/usr/libexec/xen-qemu-system-i386",
    "/usr/lib/xen/bin/qemu-system-i386",
    NULL,
};
static const char *const loaders[] = {
    "/usr/lib/xen-4.17/boot/hvmloader",
    "/usr/lib/xen/boot/hvmloader",
    "/usr/libexec/xen/boot/hvmloader",
    NULL,
};

LibxlDriverConfig *
libxl_driver_config_new(const char *root)
{
    LibxlDriverConfig *config = g_new0(LibxlDriverConfig, 1);

    if (strcmp(root, "/") == 0)
        root = "";
    config->config_dir = g_strconcat(root, "/etc/libvirt/libxl", NULL);
    config->autostart_dir = g_strconcat(root, "/etc/libvirt/libxl/autostart", NULL);
    config->save_dir = g_strconcat(root, "/var/lib/libvirt/libxl/save", NULL);
    config->dump_dir = g_strconcat(root, "/var/lib/libvirt/libxl/dump", NULL);
    config->state_dir = g_strconcat(root, "/run/libvirt/libxl", NULL);
    config->channel_dir = g_strconcat(root, "/run/libvirt/libxl/channel", NULL);
    config->log_dir = g_strconcat(root, "/var/log/libvirt/libxl", NULL);
    config->hook_dir = g_strconcat(root, "/etc/libvirt/hooks", NULL);
    config->sysfs_dir = g_strconcat(root, "/sys", NULL);
    config->dmi_dir = g_strconcat(root, "/sys/class/dmi/id", NULL);
    config->emulator = first_existing(emulators);
    config->hvm_loader = first_existing(loaders);
    config->channel_mode = 0660;
    config->channel_group = (gid_t)-1;
    config->channel_backend = LIBXL_CHANNEL_BACKEND_VIRTXL;
    config->channel_hold_in = CHANNEL_SOURCE_HOLD_IN;
    config->channel_hold_out = CHANNEL_SOURCE_HOLD_OUT;
    config->channel_overflow = LIBXL_CHANNEL_DISCARD;
    config->agent_probes = LIBXL_AGENT_PROBES;
    config->autoballoon = LIBXL_AUTOBALLOON_AUTO;
    return config;
}

void
libxl_driver_config_free(LibxlDriverConfig *config)
{
    if (!config)
        return;
    g_free(config->config_dir);
    g_free(config->autostart_dir);
    g_free(config->save_dir);
    g_free(config->dump_dir);
    g_free(config->state_dir);
    g_free(config->channel_dir);
    g_free(config->log_dir);
    g_free(config->hook_dir);
    g_free(config->sysfs_dir);
    g_free(config->dmi_dir);
    g_free(config->emulator);
    g_free(config->hvm_loader);
    g_free(config);
}
