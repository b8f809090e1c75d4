/* What a guest of one machine type can have, as libvirt's domain capabilities document.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"

typedef struct {
    const char *arch;     /* as libvirt names it */
    const char *machine;  /* "xenpv", "xenpvh" or "xenfv" */
    const char *emulator; /* path */
    const char *loader;   /* path of an HVM guest's firmware */
} LibxlDomainCapabilities;

/* Returns the document as a new string. */
char *libxl_domain_capabilities_format(const LibxlDomainCapabilities *of);
