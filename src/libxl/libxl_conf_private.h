/* What the files of libxl_conf.h share; nobody else includes it.
 *
 *   libxl_conf.c           the guest itself, and the table of device families
 *   libxl_conf_chr.c       serial ports, channels
 *   libxl_conf_cpu.c       features of the processor, NUMA cells
 *   libxl_conf_disk.c      disks
 *   libxl_conf_features.c  <xen>, <hyperv> and timers
 *   libxl_conf_graphics.c  graphics, video, input
 *   libxl_conf_hostdev.c   PCI and USB devices of the host
 *   libxl_conf_kept.c      what Xen can't provide
 *   libxl_conf_net.c       network interfaces
 *   libxl_conf_sound.c     sound cards
 *   libxl_conf_usb.c       controllers
 *
 * libxl frees what is in a configuration with free(), which is what g_free()
 * is, so strings and arrays come from GLib.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_conf.h"

/* Maps all devices of one family. Errors: VIR_ERR_CONFIG_UNSUPPORTED. */
typedef bool (*LibxlConfFamily)(const DomainDef *def, libxl_domain_config *config, GError **error);

bool libxl_conf_map_nested_features(const DomainDef *def, libxl_domain_config *config,
                                    GError **error);
bool libxl_conf_map_timers(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_cpu(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_disks(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_nets(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_hostdevs(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_graphics(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_sounds(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_videos(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_inputs(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_serials(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_parallels(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_channels(const DomainDef *def, libxl_domain_config *config, GError **error);
bool libxl_conf_map_controllers(const DomainDef *def, libxl_domain_config *config, GError **error);

/* Refuses what nobody maps. */
bool libxl_conf_check_kept(const DomainDef *def, libxl_domain_config *config, GError **error);

/* Sets VIR_ERR_CONFIG_UNSUPPORTED with the domain's name before the formatted
 * text. Always returns false. */
bool libxl_conf_refuse(const DomainDef *def, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* libxl hands strings to QEMU's command line as they are, where a comma begins
 * another option. True if @text (may be NULL) can't be misread there. */
bool libxl_conf_is_plain(const char *text);

/* Whether libxl runs the guest with hardware virtualisation and a device model. */
bool libxl_conf_is_hvm(const DomainDef *def);

/* Makes @bitmap, empty, of @n_bits: as libxl_bitmap_alloc(), which needs a context and thus
 * a hypervisor. */
void libxl_conf_bitmap_init(libxl_bitmap *bitmap, unsigned n_bits);

/* A list of strings as libxl has them, from @strings (of char *, emptied). */
libxl_string_list libxl_conf_string_list(GPtrArray *strings);
